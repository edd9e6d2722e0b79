// The end of a supervisor: graceful, bounded, at once; at any moment of its life.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

#include <csignal>

using namespace reload;
using namespace std::chrono_literals;

namespace {

FakeStart busy(std::chrono::milliseconds time) {
    FakeStart start;
    start.connections = 1;
    start.connection_lasts = time;
    return start;
}

/// Time until the exit, in milliseconds.
double time_to_exit(Rehearsal& r) {
    const double began = r.now_ms();
    REQUIRE(r.run_until_exit());
    return r.now_ms() - began;
}

} // namespace

TEST_CASE("a graceful stop lets every connection finish, however long it takes, and ends with 0") {
    Rehearsal r;
    r.proxies.starts = {busy(120s), busy(60s)};
    r.start_serving();
    r.reload();
    r.supervision.stop(StopMode::graceful);
    CHECK(time_to_exit(r) >= 119'000);
    CHECK(r.exit->code == 0);
    CHECK(r.exit->signal == 0);
    for (const char* never : {"stop 1", "kill 1", "stop 2", "kill 2"})
        CHECK(r.count(never) == 0);
    CHECK(r.count("drain 2") == 1);
    CHECK(r.count("retire 101") == 1);
}

TEST_CASE("a stop without connections ends at once") {
    Rehearsal r;
    r.start_serving();
    r.supervision.stop(StopMode::graceful);
    CHECK(time_to_exit(r) < 100);
}

TEST_CASE("a bounded stop waits until its deadline, then stops, then kills") {
    Rehearsal r;
    r.config.stop_timeout = 10s;
    FakeStart deaf = busy(24h);
    deaf.ignores_stop = true;
    r.proxies.starts = {busy(24h), deaf};
    r.start_serving();
    r.reload();
    r.supervision.stop(StopMode::bounded);
    r.run_for(9900ms);
    CHECK(r.count("stop 1") == 0);
    CHECK(r.count("stop 2") == 0);
    const double rest = time_to_exit(r);
    CHECK(rest < 3'500);
    CHECK(r.count("stop 1") == 1);
    CHECK(r.count("kill 1") == 0);
    CHECK(r.place("stop 2") < r.place("kill 2"));
    CHECK(r.exit->code == 0);
}

TEST_CASE("a bounded stop whose connections finish in time cuts nothing") {
    Rehearsal r;
    r.config.stop_timeout = 10s;
    r.proxies.starts = {busy(5s)};
    r.start_serving();
    r.supervision.stop(StopMode::bounded);
    CHECK(time_to_exit(r) < 6'100);
    CHECK(r.count("stop 1") == 0);
}

TEST_CASE("a stop now kills everything at once") {
    Rehearsal r;
    FakeStart deaf = busy(24h);
    deaf.ignores_drain = true;
    deaf.ignores_stop = true;
    r.proxies.starts = {deaf, deaf};
    r.start_serving();
    r.reload();
    r.supervision.stop(StopMode::now);
    CHECK(time_to_exit(r) < 10);
    CHECK(r.exit->code == 0);
}

TEST_CASE("a stronger stop replaces a weaker one, never the other way round") {
    Rehearsal r;
    r.proxies.starts = {busy(24h)};
    r.start_serving();
    r.supervision.stop(StopMode::graceful);
    r.run_for(1min);
    r.supervision.stop(StopMode::now);
    CHECK(time_to_exit(r) < 10);

    Rehearsal other;
    other.config.stop_timeout = 10s;
    other.proxies.starts = {busy(24h)};
    other.start_serving();
    other.supervision.stop(StopMode::bounded);
    other.run_for(1s);
    other.supervision.stop(StopMode::graceful);
    CHECK(time_to_exit(other) < 12'500);
}

TEST_CASE("a bounded stop after a graceful one has its whole time") {
    Rehearsal r;
    r.config.stop_timeout = 10s;
    r.proxies.starts = {busy(65s)};
    r.start_serving();
    r.supervision.stop(StopMode::graceful);
    r.run_for(1min);
    r.supervision.stop(StopMode::bounded); // five more seconds would do, ten are allowed
    REQUIRE(r.run_until_exit());
    CHECK(r.count("stop 1") == 0);
    CHECK(r.proxies.process(1).status.success());
}

TEST_CASE("a supervisor that is to die of a signal ends everything, then says which") {
    Rehearsal r;
    r.proxies.starts = {busy(24h)};
    r.start_serving();
    r.supervision.die_of(SIGINT);
    CHECK(time_to_exit(r) < 10);
    CHECK(r.exit->signal == SIGINT);
}

TEST_CASE("a supervisor that is to die of a signal does so during its first start as well") {
    for (int at = 0; at <= 12; ++at) {
        CAPTURE(at);
        Rehearsal r;
        r.start();
        r.run_for(std::chrono::milliseconds(at));
        r.supervision.die_of(SIGQUIT);
        CHECK(time_to_exit(r) < 100);
        CHECK(r.exit->signal == SIGQUIT);
    }
}

TEST_CASE("a stop before the first start starts nothing and ends with 0") {
    Rehearsal r;
    r.supervision.stop(StopMode::graceful);
    r.start();
    CHECK(time_to_exit(r) < 100);
    CHECK(r.exit->code == 0);
    CHECK(r.proxies.processes.empty());
}

TEST_CASE("nothing is started once a stop was asked for, at whichever step") {
    for (const char* step : {"requested", "check", "ready", "adopt", "cutover"})
        for (const StopMode mode : {StopMode::graceful, StopMode::bounded, StopMode::now}) {
            CAPTURE(step, static_cast<int>(mode));
            Rehearsal r;
            r.start_serving();
            std::size_t starts = 0;
            r.on_event = [&](const Event& event) {
                const auto* done = std::get_if<StepDone>(&event);
                if (done != nullptr && done->step == step && !r.world.stop.is_set()) {
                    starts = r.proxies.processes.size();
                    r.supervision.stop(mode);
                }
            };
            const ReloadRunPtr run = r.supervision.queue().request(false);
            REQUIRE(r.run_until_exit());
            CHECK(r.proxies.processes.size() == starts);
            CHECK(run->outcome.has_value());
            CHECK(r.exit->code == 0);
        }
}

TEST_CASE("a stop at any moment of a reload ends everything soon, and every caller is answered") {
    for (int at = 0; at <= 20; ++at)
        for (const StopMode mode : {StopMode::graceful, StopMode::bounded, StopMode::now}) {
            CAPTURE(at, static_cast<int>(mode));
            Rehearsal r;
            r.start_serving();
            const ReloadRunPtr run = r.supervision.queue().request(false);
            r.run_for(std::chrono::milliseconds(at));
            r.supervision.stop(mode);
            CHECK(time_to_exit(r) < 100);
            REQUIRE(run->outcome.has_value());
            CHECK(r.exit->code == 0);
            CHECK(r.exit->signal == 0);
        }
}

TEST_CASE("a stop at any moment of the first start ends everything soon, with 0") {
    for (int at = 0; at <= 20; ++at)
        for (const StopMode mode : {StopMode::graceful, StopMode::now}) {
            CAPTURE(at, static_cast<int>(mode));
            Rehearsal r;
            r.start();
            r.run_for(std::chrono::milliseconds(at));
            r.supervision.stop(mode);
            CHECK(time_to_exit(r) < 100);
            CHECK(r.exit->code == 0);
        }
}

TEST_CASE("a stop does not wait for a check that hangs") {
    Rehearsal r;
    r.start_serving();
    FakeCheck hangs;
    hangs.hangs = true;
    r.proxies.checks = {hangs};
    r.supervision.queue().request(false);
    r.run_for(1s);
    CHECK(r.proxies.checks_running == 1);
    r.supervision.stop(StopMode::graceful);
    CHECK(time_to_exit(r) < 100);
    CHECK(r.proxies.checks_running == 0);
}

TEST_CASE("a stop does not wait for a candidate that is never ready") {
    Rehearsal r;
    r.start_serving();
    FakeStart never;
    never.never_ready = true;
    never.ignores_drain = true;
    r.proxies.starts = {never};
    r.supervision.queue().request(false);
    r.run_for(1s);
    r.supervision.stop(StopMode::graceful);
    CHECK(time_to_exit(r) < 3'000);
}

TEST_CASE("a stop does not wait for a candidate that never tells its sockets") {
    Rehearsal r;
    r.start_serving();
    FakeStart hangs;
    hangs.collect_hangs = true;
    r.proxies.starts = {hangs};
    const ReloadRunPtr run = r.supervision.queue().request(false);
    r.run_for(1s);
    r.supervision.stop(StopMode::bounded);
    CHECK(time_to_exit(r) < 3'000);
    CHECK(run->outcome->report.reason.find("stop") != std::string::npos);
}

TEST_CASE("a stop while nothing serves calls the recovery off, at whichever moment") {
    for (int at = 0; at <= 3000; at += 150) {
        CAPTURE(at);
        Rehearsal r;
        r.start_serving();
        for (int i = 0; i < 20; ++i) {
            FakeStart dies;
            dies.dies_after = 60ms;
            dies.ready_after = 100ms;
            r.proxies.starts.push_back(dies);
        }
        r.proxies.die(1, ExitStatus{0, 9});
        r.run_for(std::chrono::milliseconds(at));
        r.supervision.stop(StopMode::graceful);
        CHECK(time_to_exit(r) < 100);
        CHECK(r.exit->code == 0);
    }
}

TEST_CASE("a serving generation that dies during the stop is not replaced") {
    Rehearsal r;
    r.proxies.starts = {busy(1h)};
    r.start_serving();
    r.supervision.stop(StopMode::graceful);
    r.proxies.die(1, ExitStatus{0, 9}); // in the same moment
    CHECK(time_to_exit(r) < 100);
    CHECK(r.count("start 2") == 0);
    CHECK(r.exit->code == 0);
}

TEST_CASE("the end is told once everything has ended") {
    Rehearsal r;
    r.proxies.starts = {busy(5s)};
    r.start_serving();
    r.supervision.stop(StopMode::graceful);
    r.run_for(1s);
    CHECK_FALSE(r.supervision.ended().is_set());
    CHECK(r.status().state == "stopping");
    REQUIRE(r.run_until_exit());
    CHECK(r.supervision.ended().is_set());
}
