// A serving generation that dies beside a reload: whichever comes first serves, and the other one
// leaves.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

constexpr ExitStatus killed{0, 9};

FakeStart ready_in(std::chrono::milliseconds time) {
    FakeStart start;
    start.ready_after = time;
    return start;
}

} // namespace

TEST_CASE("a reload that commits while a replacement starts calls the replacement off") {
    Rehearsal r;
    r.start_serving();
    r.proxies.starts = {ready_in(30s), ready_in(10ms)};
    r.proxies.die(1, killed);
    r.run_for(5ms);
    r.proxies.config = "two";
    CHECK(r.reload().result == ReloadResult::committed);
    CHECK(r.serving() == 3);
    REQUIRE(r.run_until([&r] { return r.phase(2) == Phase::failed; }));
    r.run_for(1min);
    CHECK(r.serving() == 3);
    CHECK(r.proxies.alive() == 1);
    CHECK(r.proxies.process(3).text == "two");
    CHECK(r.count("start 4") == 0);
    CHECK(r.held() == Inodes{101});
}

TEST_CASE("a reload that commits during the pause before a restart ends the pause") {
    Rehearsal r;
    r.start_serving();
    for (int i = 0; i < 6; ++i) {
        FakeStart fails;
        fails.fails = true;
        r.proxies.starts.push_back(fails);
    }
    r.proxies.die(1, killed);
    r.run_for(2s); // the fifth try is due at 1.5 s, the sixth at 3.1 s
    r.proxies.starts.clear();
    const ReloadReport report = r.reload();
    CHECK(report.result == ReloadResult::committed);
    CHECK(report.from == 0);
    r.run_for(1min);
    CHECK(r.serving() == *report.to);
    CHECK(r.proxies.alive() == 1);
}

TEST_CASE("a reload that commits while the replacement tells its sockets wins") {
    Rehearsal r;
    r.start_serving();
    FakeStart slow_to_tell;
    slow_to_tell.collect_takes = 10s;
    r.proxies.starts = {slow_to_tell, ready_in(10ms)};
    r.proxies.die(1, killed);
    r.run_for(50ms);
    CHECK(r.reload().to == 3);
    r.run_for(30s);
    CHECK(r.serving() == 3);
    CHECK(r.phase(2) == Phase::gone);
    CHECK(r.count("serving 2") == 0);
    CHECK(r.proxies.alive() == 1);
}

TEST_CASE("a serving generation that dies while a candidate starts is replaced meanwhile") {
    Rehearsal r;
    r.start_serving();
    r.proxies.starts = {ready_in(20s)};
    const ReloadRunPtr run = r.supervision.queue().request(false);
    r.run_for(1s);
    r.proxies.die(1, killed);
    REQUIRE(r.run_until_serving(3)); // the replacement; the candidate is 2
    CHECK_FALSE(run->outcome.has_value());
    REQUIRE(r.run_until([&run] { return run->outcome.has_value(); }));
    CHECK(run->outcome->report.result == ReloadResult::committed);
    CHECK(r.serving() == 2);
    REQUIRE(r.run_until([&r] { return r.phase(3) == Phase::gone; }));
    CHECK(r.place("serving 2") < r.place("drain 3"));
    CHECK(r.count("kill 3") == 0);
    CHECK(r.proxies.alive() == 1);
    CHECK(run->outcome->retired->id == 3);
    CHECK(run->outcome->report.from == 3); // what it took over from
}

TEST_CASE("a candidate that commits before the replacement is ready takes over from nobody") {
    Rehearsal r;
    r.start_serving();
    r.proxies.starts = {ready_in(100ms), ready_in(30s)};
    const ReloadRunPtr run = r.supervision.queue().request(false);
    r.run_for(50ms);
    r.proxies.die(1, killed);
    REQUIRE(r.run_until([&run] { return run->outcome.has_value(); }));
    CHECK(r.serving() == 2);
    r.run_for(1min);
    CHECK(r.serving() == 2);
    CHECK(r.phase(3) == Phase::failed);
    CHECK(r.proxies.alive() == 1);
    CHECK(r.held() == Inodes{101});
}

TEST_CASE("a candidate that is refused leaves a dead generation's replacement alone") {
    Rehearsal r;
    r.start_serving();
    FakeStart dies;
    dies.dies_after = 100ms;
    dies.ready_after = 200ms;
    r.proxies.starts = {dies};
    const ReloadRunPtr run = r.supervision.queue().request(false);
    r.run_for(50ms);
    r.proxies.die(1, killed);
    REQUIRE(r.run_until([&run] { return run->outcome.has_value(); }));
    CHECK(run->outcome->report.result == ReloadResult::rejected);
    CHECK(r.serving() == 3);
    CHECK(r.phase(3) == Phase::serving);
}

TEST_CASE("a generation that dies right after its commit is replaced by its own text") {
    Rehearsal r;
    r.start_serving();
    r.proxies.config = "two";
    FakeStart young;
    young.dies_after = 11ms; // at the moment of its commit, or just after it
    r.proxies.starts = {young};
    const ReloadReport report = r.reload();
    r.run_for(10s);
    const GenerationId now = r.serving();
    REQUIRE(now != 0);
    const bool committed = report.result == ReloadResult::committed;
    CHECK(r.proxies.process(now).text == (committed ? "two" : "one"));
    CHECK(r.proxies.alive() == 1);
}

TEST_CASE("whenever the serving generation dies during a reload, something serves soon after") {
    for (int at = 0; at <= 20; ++at) {
        CAPTURE(at);
        Rehearsal r;
        r.start_serving();
        r.proxies.config = "two";
        r.clock.after(std::chrono::milliseconds(at), [&r] { r.proxies.die(1, killed); });
        const ReloadReport report = r.reload();
        CHECK(report.result == ReloadResult::committed);
        r.run_for(5s);
        CHECK(r.serving() != 0);
        CHECK(r.proxies.process(r.serving()).text == "two");
        CHECK(r.proxies.alive() == 1);
        CHECK(r.held() == Inodes{101});
        CHECK(r.open_sockets() == 1);
    }
}

TEST_CASE("whenever a candidate dies during its reload, something serves soon after") {
    for (int at = 0; at <= 25; ++at) {
        CAPTURE(at);
        Rehearsal r;
        r.start_serving();
        r.proxies.config = "two";
        FakeStart dies;
        dies.dies_after = std::chrono::milliseconds(at);
        r.proxies.starts = {dies};
        const ReloadReport report = r.reload();
        const bool committed = report.result == ReloadResult::committed;
        CHECK((r.count("drain 1") == 1) == committed);
        r.run_for(5s);
        REQUIRE(r.serving() != 0);
        CHECK(r.proxies.process(r.serving()).text == (committed ? "two" : "one"));
        CHECK(r.proxies.alive() == 1);
        CHECK(r.held() == Inodes{101});
        CHECK(r.open_sockets() == 1);
    }
}

TEST_CASE("a reload starts the count of young deaths anew") {
    Rehearsal r;
    r.start_serving();
    r.run_for(1min);
    FakeStart fails;
    fails.fails = true;
    r.proxies.starts.assign(8, fails);
    r.proxies.die(1, killed);
    r.run_for(10s);
    r.proxies.starts.clear();
    REQUIRE(r.reload().result == ReloadResult::committed);
    r.run_for(500ms);
    const GenerationId mended = r.serving();
    const double died = r.now_ms();
    r.proxies.die(mended, killed);
    REQUIRE(r.run_until([&r, mended] { return r.serving() > mended; }));
    CHECK(r.now_ms() - died < 20);
}

TEST_CASE("a supervisor that is to leave with its proxy does so beside a reload as well") {
    Rehearsal r;
    r.config.on_crash = OnCrash::exit;
    r.start_serving();
    r.proxies.starts = {ready_in(20s)};
    const ReloadRunPtr run = r.supervision.queue().request(false);
    r.run_for(1s);
    r.proxies.die(1, ExitStatus{4, 0});
    REQUIRE(r.run_until_exit());
    CHECK(r.exit->code == 4);
    CHECK(run->outcome->report.result == ReloadResult::rejected);
    CHECK(r.phase(2) == Phase::failed);
    CHECK(r.told_serving == 1);
}
