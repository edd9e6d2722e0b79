// Promise 4: an accepted connection is finished by the generation that accepted it, or closed at a
// deadline that the operator set. Never otherwise.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

FakeStart with_connections(std::uint64_t count, std::chrono::milliseconds each) {
    FakeStart start;
    start.connections = count;
    start.connection_lasts = each;
    return start;
}

bool gone(const Rehearsal& r, GenerationId generation) {
    return r.phase(generation) == Phase::gone;
}

} // namespace

TEST_CASE("a draining generation lives until its last connection is finished") {
    Rehearsal r;
    r.proxies.starts.push_back(with_connections(5, 20s));
    r.start_serving();
    r.reload();
    const double began = r.now_ms();
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.now_ms() - began >= 100'000);
    CHECK(r.now_ms() - began < 102'000);
    CHECK(r.proxies.process(1).connections == 0);
    CHECK(r.proxies.process(1).status.success());
    CHECK(r.count("drain 1") == 1);
    CHECK(r.count("stop 1") == 0);
    CHECK(r.count("kill 1") == 0);
}

TEST_CASE("without a limit a drain is never cut, however long it takes") {
    Rehearsal r;
    r.proxies.starts.push_back(with_connections(1, 24h));
    r.start_serving();
    r.reload();
    r.run_for(9min);
    CHECK(r.phase(1) == Phase::draining);
    CHECK(r.count("stop 1") == 0);
    CHECK(r.count("kill 1") == 0);
}

TEST_CASE("the connections that a draining generation has left are known") {
    Rehearsal r;
    r.proxies.starts.push_back(with_connections(3, 10s));
    r.start_serving();
    r.reload();
    r.run_for(15s);
    const Status status = r.status();
    REQUIRE(status.generations.size() == 2);
    CHECK(status.generations[0].id == 1);
    CHECK(status.generations[0].phase == Phase::draining);
    CHECK(status.generations[0].connections == 2);
    CHECK(status.generations[1].connections == 0);
}

TEST_CASE("a drain is cut at the operator's deadline, politely first") {
    Rehearsal r;
    r.config.drain_timeout = 30s;
    r.proxies.starts.push_back(with_connections(1, 24h));
    r.start_serving();
    r.reload();
    r.run_for(29s);
    CHECK(r.count("stop 1") == 0);
    const double began = r.now_ms();
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.now_ms() - began < 2'500);
    CHECK(r.count("stop 1") == 1);
    CHECK(r.count("kill 1") == 0);
    CHECK(r.noticed("generation=1 drain cut short, connections=1"));
    CHECK(r.serving() == 2);
}

TEST_CASE("a draining process that ignores every signal is killed") {
    Rehearsal r;
    r.config.drain_timeout = 30s;
    FakeStart deaf;
    deaf.ignores_drain = true;
    deaf.ignores_stop = true;
    r.proxies.starts.push_back(deaf);
    r.start_serving();
    r.reload();
    const double began = r.now_ms();
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.now_ms() - began < 34'000);
    CHECK(r.place("drain 1") < r.place("stop 1"));
    CHECK(r.place("stop 1") < r.place("kill 1"));
    CHECK(r.proxies.alive() == 1);
}

TEST_CASE("a draining process that answers nothing any more is waited for all the same") {
    Rehearsal r;
    FakeStart silent = with_connections(2, 30s);
    silent.silent_while_draining = true;
    r.proxies.starts.push_back(silent);
    r.start_serving();
    r.reload();
    r.run_for(50s);
    const Status status = r.status();
    REQUIRE(status.generations.size() == 2);
    CHECK_FALSE(status.generations[0].connections.has_value());
    CHECK(status.generations[1].connections.has_value());
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.count("stop 1") == 0);
    CHECK(r.proxies.process(1).status.success());
}

TEST_CASE("a draining process whose channel broke is waited for all the same") {
    Rehearsal r;
    FakeStart broken = with_connections(2, 30s);
    broken.channel_breaks_after = 1s;
    r.proxies.starts.push_back(broken);
    r.start_serving();
    r.run_for(2s);
    r.reload();
    r.run_for(50s);
    CHECK(r.phase(1) == Phase::draining);
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.count("stop 1") == 0);
}

TEST_CASE("a draining process whose reports can't be understood is not held up by our channel") {
    Rehearsal r;
    FakeStart garbled = with_connections(2, 30s);
    garbled.garbled_while_draining = true;
    r.proxies.starts.push_back(garbled);
    r.start_serving();
    r.reload();
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.count("stop 1") == 0);
    CHECK(r.proxies.process(1).status.success());
}

TEST_CASE("connections are counted to the end even if the proxy hears late that it is to drain") {
    Rehearsal r;
    FakeStart busy;
    busy.hears_drain_after = 50ms;
    busy.connection_lasts = 30s;
    r.proxies.starts.push_back(busy);
    r.start_serving();
    r.reload();
    r.clock.after(40ms, [&r] { r.proxies.process(1).connections = 2; }); // it accepts until then
    r.run_for(10s);
    const Status status = r.status();
    REQUIRE(status.generations.size() == 2);
    CHECK(status.generations[0].connections == 2);
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.count("stop 1") == 0);
}

TEST_CASE("a draining process that answers nothing is cut at the deadline all the same") {
    Rehearsal r;
    r.config.drain_timeout = 30s;
    FakeStart silent = with_connections(1, 24h);
    silent.silent_while_draining = true;
    r.proxies.starts.push_back(silent);
    r.start_serving();
    r.reload();
    r.run_for(31s); // its last question may take a second
    CHECK(r.count("stop 1") == 1);
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
}

TEST_CASE("status and drain may ask a draining generation at the same time") {
    Rehearsal r;
    FakeStart slow = with_connections(1, 1h);
    slow.silent_while_draining = true;
    r.proxies.starts.push_back(slow);
    r.start_serving();
    r.reload();
    r.run_for(5ms);
    for (int i = 0; i < 20; ++i) {
        const Status status = r.status();
        REQUIRE(status.generations.size() == 2);
        CHECK_FALSE(status.generations[0].connections.has_value());
        r.run_for(70ms);
    }
}

TEST_CASE("our own channel to a draining proxy does not keep it alive") {
    // HAProxy leaves when its last connection ends, and counts ours.
    Rehearsal r;
    r.start_serving();
    r.reload();
    const double began = r.now_ms();
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.now_ms() - began < 100);
}

TEST_CASE("the oldest draining generation is ended beyond the largest number of them") {
    Rehearsal r;
    r.config.max_generations = 2;
    for (int i = 0; i < 5; ++i)
        r.proxies.starts.push_back(with_connections(1, 24h));
    r.start_serving();
    r.reload();
    r.reload();
    r.run_for(5s);
    CHECK(r.phase(1) == Phase::draining);
    CHECK(r.phase(2) == Phase::draining);
    r.reload(); // 1, 2 and 3 drain: one too many
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.count("stop 1") == 1);
    r.run_for(1min);
    CHECK(r.phase(2) == Phase::draining);
    CHECK(r.phase(3) == Phase::draining);
    CHECK(r.count("stop 2") == 0);
    CHECK(r.serving() == 4);
    r.reload();
    r.run_for(5s);
    CHECK(gone(r, 2));
    CHECK(r.proxies.alive() == 3);
}

TEST_CASE("reloads in quick succession end no more drains than there are too many") {
    Rehearsal r;
    r.config.max_generations = 1;
    for (int i = 0; i < 4; ++i) {
        FakeStart slow = with_connections(1, 24h);
        slow.ignores_stop = true; // it takes until SIGKILL
        r.proxies.starts.push_back(slow);
    }
    r.start_serving();
    r.reload();
    r.reload();
    r.reload();
    r.run_for(10s);
    CHECK(gone(r, 1));
    CHECK(gone(r, 2));
    CHECK(r.phase(3) == Phase::draining);
    CHECK(r.serving() == 4);
}

TEST_CASE("where no draining generation is allowed, connections end with the reload") {
    Rehearsal r;
    r.config.max_generations = 0;
    r.proxies.starts.push_back(with_connections(1, 24h));
    r.start_serving();
    r.reload();
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    CHECK(r.proxies.alive() == 1);
}

TEST_CASE("a generation that crashes while it drains is simply gone") {
    Rehearsal r;
    r.proxies.starts.push_back(with_connections(9, 1h));
    r.start_serving();
    r.reload();
    r.run_for(5s);
    r.proxies.die(1, ExitStatus{0, 11});
    REQUIRE(r.run_until([&r] { return gone(r, 1); }));
    r.run_for(5s);
    CHECK(r.serving() == 2);
    CHECK(r.count("start 3") == 0);
}

TEST_CASE("a reload tells its caller which generation it retired") {
    Rehearsal r;
    r.proxies.starts.push_back(with_connections(1, 5s));
    r.start_serving();
    const ReloadRunPtr run = r.supervision.queue().request(false);
    REQUIRE(r.run_until([&run] { return run->outcome.has_value(); }));
    REQUIRE(run->outcome->retired);
    CHECK(run->outcome->retired->id == 1);
    CHECK(run->outcome->retired->phase == Phase::draining);
    REQUIRE(r.run_until([&run] { return run->outcome->retired->phase == Phase::gone; }));
}
