// The listening sockets at a commit: adopted, kept, closed; and those of `--listen`, never closed.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

FakeStart listening_on(Inodes inodes) {
    FakeStart start;
    start.listens = std::move(inodes);
    return start;
}

void hold(Rehearsal& r, std::uint64_t inode, std::string name) {
    r.world.held.push_back(
        std::make_shared<const ListeningSocket>(FakeProxies::make_socket(inode, std::move(name))));
}

} // namespace

TEST_CASE("the sockets that the first generation opened are adopted and handed to the next") {
    Rehearsal r;
    r.proxies.listens = {101, 102, 103};
    r.start_serving();
    CHECK(r.held() == Inodes{101, 102, 103});
    CHECK(r.open_sockets() == 3);
    r.reload();
    CHECK(r.proxies.process(2).handed == Inodes{101, 102, 103});
}

TEST_CASE("a socket that is told again is kept as it is, its second descriptor closed") {
    Rehearsal r;
    r.proxies.listens = {101, 102};
    r.start_serving();
    const std::vector<ListeningSocketPtr> before = r.world.held;
    for (int i = 0; i < 20; ++i)
        REQUIRE(r.reload().result == ReloadResult::committed);
    CHECK(r.world.held == before);
    CHECK(r.open_sockets() == 2);
    CHECK(r.count("retire 101") == 0);
}

TEST_CASE("a socket that a new configuration opens is adopted at its commit, not before") {
    Rehearsal r;
    r.start_serving();
    r.proxies.starts = {listening_on({101, 102})};
    r.on_event = [&r](const Event& event) {
        if (const auto* step = std::get_if<StepDone>(&event))
            if (step->step == "ready" || step->step == "adopt")
                CHECK(r.held() == Inodes{101});
    };
    r.reload();
    CHECK(r.held() == Inodes{101, 102});
    CHECK(r.open_sockets() == 2);
}

TEST_CASE("a socket that no configuration wants any more is closed at the commit, not before") {
    Rehearsal r;
    r.proxies.listens = {101, 102};
    r.start_serving();
    r.proxies.starts = {listening_on({102})};
    r.reload();
    CHECK(r.held() == Inodes{102});
    CHECK(r.open_sockets() == 1);
    CHECK(r.count("retire 101") == 1);
    CHECK(r.place("collect 2") < r.place("retire 101"));
    r.reload();
    CHECK(r.proxies.process(3).handed == Inodes{102});
}

TEST_CASE("every socket can change at once") {
    Rehearsal r;
    r.proxies.listens = {101, 102};
    r.start_serving();
    r.proxies.listens = {201, 202};
    r.reload();
    CHECK(r.held() == Inodes{201, 202});
    CHECK(r.open_sockets() == 2);
    CHECK(r.count("retire 101") == 1);
    CHECK(r.count("retire 102") == 1);
}

TEST_CASE("the sockets of a refused candidate are closed, those that serve are not") {
    Rehearsal r;
    r.start_serving();
    FakeStart dies_late = listening_on({101, 102, 103});
    dies_late.collect_takes = 5ms;
    dies_late.dies_after = 15ms;
    r.proxies.starts = {dies_late};
    CHECK(r.reload().result == ReloadResult::rejected);
    CHECK(r.held() == Inodes{101});
    CHECK(r.open_sockets() == 1);
    CHECK(r.count("retire 101") == 0);
}

TEST_CASE("a socket that --listen asked for is held before and after every generation") {
    Rehearsal r;
    hold(r, 900, "HTTP");
    r.proxies.listens = {}; // inherited descriptors are not told by the proxy
    r.start_serving();
    CHECK(r.proxies.process(1).handed == Inodes{900});
    CHECK(r.held() == Inodes{900});
    r.proxies.listens = {101};
    r.reload();
    CHECK(r.held() == Inodes{900, 101});
    r.proxies.listens = {};
    r.reload();
    CHECK(r.held() == Inodes{900});
    CHECK(r.count("retire 900") == 0);
    CHECK(r.count("retire 101") == 1);
    r.proxies.die(3, ExitStatus{0, 9});
    REQUIRE(r.run_until_serving(4));
    CHECK(r.proxies.process(4).handed == Inodes{900});
    CHECK(r.count("retire 900") == 0);
}

TEST_CASE("a socket that --listen asked for is adopted only once, even if it is told") {
    Rehearsal r;
    hold(r, 900, "HTTP");
    r.proxies.listens = {900, 101};
    r.start_serving();
    r.reload();
    CHECK(r.held() == Inodes{900, 101});
    CHECK(r.open_sockets() == 2);
    REQUIRE(r.world.held.front()->listen_name == "HTTP");
}

TEST_CASE("a proxy without any listening socket can serve and be replaced") {
    Rehearsal r;
    r.proxies.listens = {};
    r.start_serving();
    CHECK(r.reload().result == ReloadResult::committed);
    CHECK(r.held() == Inodes{});
}

TEST_CASE("sockets that a start was handed stay open until it has them, even if it is refused") {
    // The hand-over announces them first and sends them later; a commit in between must not close
    // what was announced. Sharing is how that is kept: the request holds them, too.
    Rehearsal r;
    r.start_serving();
    const ListeningSocketPtr handed = r.world.held.front();
    r.proxies.listens = {201};
    r.reload();
    CHECK(r.held() == Inodes{201});
    CHECK(r.open_sockets() == 2); // ours in this test, and the new one
    CHECK(handed->fd.get() >= 0);
}

TEST_CASE("a status tells every held socket with its address, kind and queue") {
    Rehearsal r;
    hold(r, 905, "HTTP");
    r.proxies.queues[905] = 5;
    r.start_serving();
    const Status status = r.status();
    REQUIRE(status.sockets.size() == 2);
    CHECK(status.sockets[0].address == "127.0.0.1:905");
    CHECK(status.sockets[0].type == "tcp");
    CHECK(status.sockets[0].inode == 905);
    CHECK(status.sockets[0].accept_queue == 5);
    CHECK(status.sockets[1].inode == 101);
}
