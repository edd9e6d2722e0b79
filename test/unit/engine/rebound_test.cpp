// Where a proxy opens a socket of its own at an address that it was offered a socket for: nobody
// who waits in the old socket's queue is lost.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

/// A serving generation on socket 101; what starts next opens 1101 at the same address.
class Rebinding {
public:
    Rebinding() {
        r.start_serving();
        r.proxies.listens = {1101};
    }

    Rehearsal r;
};

} // namespace

TEST_CASE("new connections go to the new socket before the old one's generation drains") {
    Rebinding play;
    Rehearsal& r = play.r;
    CHECK(r.reload().result == ReloadResult::committed);
    CHECK(r.count("steer 1101 before=1 fresh=1") == 1);
    CHECK(r.count("drain 1") == 0);
    CHECK(r.phase(1) == Phase::draining);
    CHECK(r.held() == Inodes{1101});
    REQUIRE(r.run_until([&r] { return r.phase(1) == Phase::gone; }));
    CHECK(r.place("steer 1101 before=1 fresh=1") < r.place("drain 1"));
    CHECK(r.count("unsteer 1101") == 1);
    CHECK(r.open_sockets() == 1);
}

TEST_CASE("the old generation empties the old socket's queue before it is told to drain") {
    Rebinding play;
    Rehearsal& r = play.r;
    r.proxies.queues[101] = 7;
    r.reload();
    CHECK(r.open_sockets() == 2); // the old one is still ours, too
    r.run_for(700ms);
    CHECK(r.count("drain 1") == 0);
    r.proxies.queues[101] = 0;
    r.run_for(300ms);
    CHECK(r.count("drain 1") == 1);
    CHECK(r.open_sockets() == 1);
}

TEST_CASE("a queue that is never emptied does not hold up the drain for ever") {
    Rebinding play;
    Rehearsal& r = play.r;
    r.proxies.queues[101] = 7;
    r.reload();
    r.run_for(2500ms);
    CHECK(r.count("drain 1") == 1);
    REQUIRE(r.run_until([&r] { return r.phase(1) == Phase::gone; }));
}

TEST_CASE("where connections can't be steered the operator is told, and the reload goes on") {
    Rebinding play;
    Rehearsal& r = play.r;
    r.proxies.can_steer = false;
    CHECK(r.reload().result == ReloadResult::committed);
    CHECK(r.count("drain 1") == 1);
    CHECK(r.noticed("127.0.0.1:101: the proxy opened a socket of its own"));
    CHECK(r.count("unsteer 1101") == 0);
    CHECK(r.open_sockets() == 1);
}

TEST_CASE("a socket that is kept, and one at an address that is new, need no steering") {
    Rehearsal r;
    r.start_serving();
    r.proxies.listens = {101, 202};
    r.reload();
    r.proxies.listens = {202};
    r.reload();
    for (const std::string& line : r.journal)
        CHECK(line.rfind("steer", 0) == std::string::npos);
    CHECK(r.count("drain 2") == 1);
}

TEST_CASE("every socket of an address counts, kept ones and several new ones") {
    Rehearsal r;
    r.proxies.listens = {101, 1101, 2101};
    r.start_serving();
    r.proxies.listens = {101, 3101, 4101};
    r.reload();
    CHECK(r.count("steer 3101 before=3 fresh=2") == 1);
}

TEST_CASE(
    "steering ends as soon as the old generation has closed its sockets, not when it is gone") {
    Rehearsal r;
    FakeStart busy;
    busy.connections = 1;
    busy.connection_lasts = 1h;
    r.proxies.starts = {busy};
    r.start_serving();
    r.proxies.listens = {1101};
    r.reload();
    r.run_for(2s);
    CHECK(r.phase(1) == Phase::draining);
    CHECK(r.count("unsteer 1101") == 1);
}

TEST_CASE("an old generation that dies before its queue is empty leaves no steering behind") {
    Rebinding play;
    Rehearsal& r = play.r;
    r.proxies.queues[101] = 7;
    r.reload();
    r.run_for(30ms);
    r.proxies.die(1, ExitStatus{0, 9});
    REQUIRE(r.run_until([&r] { return r.phase(1) == Phase::gone; }));
    CHECK(r.count("unsteer 1101") == 1);
    CHECK(r.open_sockets() == 1);
    CHECK(r.serving() == 2);
}

TEST_CASE("no candidate starts while an address is still steered") {
    // The steering counts the sockets of the address: one that joined them meanwhile would be
    // missed, and new connections would go to a socket that is to be closed.
    Rebinding play;
    Rehearsal& r = play.r;
    r.proxies.queues[101] = 7;
    r.reload();
    r.proxies.listens = {2101};
    const ReloadRunPtr second = r.supervision.queue().request(false);
    r.run_for(500ms);
    CHECK(r.count("unsteer 1101") == 0);
    CHECK(r.proxies.processes.size() == 2);
    r.proxies.queues[101] = 0;
    REQUIRE(r.run_until([&second] { return second->outcome.has_value(); }));
    CHECK(r.count("unsteer 1101") == 1);
    CHECK(r.count("steer 2101 before=1 fresh=1") == 1);
    CHECK(r.serving() == 3);
}

TEST_CASE("a stop cuts the emptying short") {
    Rebinding play;
    Rehearsal& r = play.r;
    r.proxies.queues[101] = 7;
    r.reload();
    r.run_for(10ms);
    r.supervision.stop(StopMode::now);
    const double began = r.now_ms();
    REQUIRE(r.run_until_exit());
    CHECK(r.now_ms() - began < 10);
}
