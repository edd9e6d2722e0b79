// Every call to the outside that can fail does fail once, one after the other, until a whole life
// goes through without a failure.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

/// A start, two reloads and a stop; looks after each step at what must hold. True if no call
/// failed on the way.
bool live(unsigned fail_call) {
    Rehearsal r;
    r.proxies.fail_call = fail_call;
    r.proxies.listens = {101, 102};
    r.start();
    r.run_until([&r] { return r.told_serving > 0 || r.exit.has_value(); });
    if (r.exit) {
        CHECK(r.exit->code != 0); // nothing to fall back on
        return false;
    }
    for (const char* text : {"two", "three"}) {
        const GenerationId before = r.serving();
        CHECK(before != 0);
        r.proxies.config = text;
        r.proxies.listens.push_back(100 + r.proxies.listens.size() + 1);
        r.proxies.starts = {};
        const ReloadReport report = r.reload();
        const bool committed = report.result == ReloadResult::committed;
        CHECK(r.serving() == (committed ? *report.to : before));
        CHECK(r.phase(r.serving()) == Phase::serving);
        CHECK(r.proxies.process(r.serving()).alive);
        CHECK((r.proxies.process(r.serving()).text == text) == committed);
        CHECK((exit_code(report) == 0) == committed);
        CHECK(report.reason.empty() == committed);
        r.run_for(5s);
        CHECK(r.proxies.alive() == 1);
        CHECK(r.held() == r.proxies.process(r.serving()).listens);
        CHECK(r.open_sockets() == r.held().size());
        CHECK(r.world.generations.size() == 1);
    }
    CHECK(r.most_candidates == 1);
    r.supervision.stop(StopMode::graceful);
    REQUIRE(r.run_until_exit());
    CHECK(r.exit->code == 0);
    CHECK(r.proxies.alive() == 0);
    return r.proxies.calls < fail_call;
}

/// A start, a death, a reload beside its recovery, and a stop.
bool live_with_a_death(unsigned fail_call) {
    Rehearsal r;
    r.start_serving();
    r.proxies.calls = 0;
    r.proxies.fail_call = fail_call;
    r.proxies.die(1, ExitStatus{0, 9});
    r.run_for(3ms);
    r.proxies.config = "two";
    const ReloadReport report = r.reload();
    r.run_for(30s);
    CHECK(r.serving() != 0);
    const bool committed = report.result == ReloadResult::committed;
    CHECK(r.proxies.process(r.serving()).text == (committed ? "two" : "one"));
    CHECK(r.proxies.alive() == 1);
    CHECK(r.held() == Inodes{101});
    CHECK(r.open_sockets() == 1);
    r.supervision.stop(StopMode::graceful);
    REQUIRE(r.run_until_exit());
    return r.proxies.calls < fail_call;
}

} // namespace

TEST_CASE("whichever call to the outside fails, a generation serves and nothing is left over") {
    unsigned n = 1;
    for (; n < 1000; ++n) {
        CAPTURE(n);
        if (live(n))
            break;
    }
    CHECK(n > 15); // read, check, start, report, read, collect of each reload and the drains
    CHECK(n < 1000);
}

TEST_CASE("whichever call fails during a recovery, a generation serves soon after") {
    unsigned n = 1;
    for (; n < 1000; ++n) {
        CAPTURE(n);
        if (live_with_a_death(n))
            break;
    }
    CHECK(n > 8);
    CHECK(n < 1000);
}
