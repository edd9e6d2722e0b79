// Promise 3: listening sockets outlive every proxy process. When a worker is killed, clients wait;
// they are not refused.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

constexpr ExitStatus killed{0, 9};

FakeStart dying_after(std::chrono::milliseconds age) {
    FakeStart start;
    start.dies_after = start.ready_after + age;
    return start;
}

} // namespace

TEST_CASE("a serving generation that dies is replaced at once, on the same sockets") {
    Rehearsal r;
    r.start_serving();
    r.run_for(1min);
    const double died = r.now_ms();
    r.proxies.die(1, killed);
    REQUIRE(r.run_until_serving(2));
    CHECK(r.now_ms() - died == 11.0); // ready after 10, its sockets told after 1
    CHECK(r.proxies.process(2).handed == Inodes{101});
    CHECK(r.held() == Inodes{101});
    CHECK(r.count("retire 101") == 0);
    CHECK(r.phase(1) == Phase::gone);
    CHECK(r.told_serving == 1);
}

TEST_CASE("a death is told loudly, with how it came") {
    Rehearsal r;
    r.start_serving();
    r.run_for(1min);
    r.proxies.die(1, killed);
    REQUIRE(r.run_until_serving(2));
    bool told = false;
    for (const Event& event : r.events)
        told = told || (level_of(event) == LogLevel::error &&
                        to_line(event).find("killed by signal 9") != std::string::npos);
    CHECK(told);
}

TEST_CASE("while nothing serves, the sockets stay open and the state says recovering") {
    Rehearsal r;
    r.start_serving();
    FakeStart slow;
    slow.ready_after = 20s;
    r.proxies.starts.push_back(slow);
    r.proxies.die(1, killed);
    r.run_for(10s);
    CHECK(r.serving() == 0);
    CHECK(r.held() == Inodes{101});
    CHECK(r.open_sockets() == 1);
    CHECK(r.status().state == "recovering");
    REQUIRE(r.run_until_serving(2));
    CHECK(r.status().state == "serving");
}

TEST_CASE("a generation that lived long is replaced at once each time it dies") {
    Rehearsal r;
    r.start_serving();
    for (GenerationId id = 1; id < 20; ++id) {
        r.run_for(1500ms);
        const double died = r.now_ms();
        r.proxies.die(id, killed);
        REQUIRE(r.run_until_serving(id + 1));
        CHECK(r.now_ms() - died < 20);
    }
}

TEST_CASE("a generation that keeps dying young is started ever more slowly, and never given up") {
    Rehearsal r;
    for (int i = 0; i < 40; ++i)
        r.proxies.starts.push_back(dying_after(50ms));
    r.start_serving();
    r.run_for(60s);
    const std::size_t in_a_minute = r.proxies.processes.size();
    CHECK(in_a_minute >= 8); // 0.1 + 0.2 + ... + 6.4 s, then 10 s each
    CHECK(in_a_minute <= 16);
    CHECK(r.noticed("next start in 100.0ms"));
    CHECK(r.noticed("next start in 10.0s"));
    r.run_for(60s);
    CHECK(r.proxies.processes.size() >= in_a_minute + 5);
    CHECK(r.held() == Inodes{101});
}

TEST_CASE("a replacement that can't start is tried again, more and more slowly") {
    Rehearsal r;
    r.start_serving();
    r.run_for(1min);
    for (int i = 0; i < 5; ++i) {
        FakeStart fails;
        fails.fails = true;
        r.proxies.starts.push_back(fails);
    }
    r.proxies.die(1, killed);
    REQUIRE(r.run_until_serving(7));
    CHECK(r.noticed("the replacement did not start: haproxy: no such program"));
    CHECK(r.now_ms() > 60'000 + 1'500); // at least 0.1 + 0.2 + 0.4 + 0.8 s
    CHECK(r.held() == Inodes{101});
}

TEST_CASE("a replacement that does not tell its sockets is tried again, but not without a pause") {
    Rehearsal r;
    r.start_serving();
    r.run_for(1min);
    for (int i = 0; i < 1000; ++i) {
        FakeStart fails;
        fails.collect_fails = true;
        r.proxies.starts.push_back(fails);
    }
    r.proxies.die(1, killed);
    r.run_for(5s);
    CHECK(r.proxies.processes.size() <= 10);
    CHECK(r.proxies.alive() <= 2);
    CHECK(r.held() == Inodes{101});
}

TEST_CASE("what dies is replaced by the text that served, whatever the files hold meanwhile") {
    Rehearsal r;
    r.start_serving();
    r.proxies.config = "edited, but nobody asked for it yet";
    r.proxies.die(1, killed);
    REQUIRE(r.run_until_serving(2));
    CHECK(r.proxies.process(2).text == "one");
    CHECK(r.proxies.process(2).from_snapshot);
    CHECK(r.status().differs_from_disk);
}

TEST_CASE("a replacement reads the files themselves while they are what served") {
    Rehearsal r;
    r.start_serving();
    r.proxies.die(1, killed);
    REQUIRE(r.run_until_serving(2));
    CHECK_FALSE(r.proxies.process(2).from_snapshot);
    CHECK(r.proxies.process(2).text == "one");
}

TEST_CASE("a replacement runs the text that served even if the files are gone") {
    Rehearsal r;
    r.start_serving();
    r.proxies.config_unreadable = true;
    r.proxies.die(1, killed);
    REQUIRE(r.run_until_serving(2));
    CHECK(r.proxies.process(2).text == "one");
}

TEST_CASE("files that change while a replacement starts do not become what serves unnoticed") {
    Rehearsal r;
    r.start_serving();
    r.clock.after(1ms, [&r] { r.proxies.config = "two"; }); // it reads them after 2 ms
    r.proxies.die(1, killed);
    REQUIRE(r.run_until([&r] { return r.serving() > 1; }));
    CHECK(r.proxies.process(r.serving()).text == "one");
}

TEST_CASE("a socket that the replacement does not want is closed, for it listens to nobody") {
    Rehearsal r;
    r.proxies.listens = {101, 102};
    r.start_serving();
    FakeStart fewer;
    fewer.listens = Inodes{101};
    r.proxies.starts.push_back(fewer);
    r.proxies.die(1, killed);
    r.run_for(5ms);
    CHECK(r.held() == Inodes{101, 102});
    REQUIRE(r.run_until_serving(2));
    CHECK(r.held() == Inodes{101});
    CHECK(r.count("retire 102") == 1);
    CHECK(r.open_sockets() == 1);
}

TEST_CASE("a supervisor that is to leave with its proxy leaves as the proxy did") {
    for (const ExitStatus how : {ExitStatus{3, 0}, ExitStatus{0, 11}, ExitStatus{0, 0}}) {
        Rehearsal r;
        r.config.on_crash = OnCrash::exit;
        r.start_serving();
        r.proxies.die(1, how);
        REQUIRE(r.run_until_exit());
        CHECK(r.exit->code == how.code);
        CHECK(r.exit->signal == how.signal);
        CHECK(r.count("start 2") == 0);
    }
}

TEST_CASE("a supervisor that leaves with its proxy gives draining generations their usual time") {
    for (const auto lasts : {5s, 30s}) {
        CAPTURE(lasts.count());
        Rehearsal r;
        r.config.on_crash = OnCrash::exit;
        r.config.stop_timeout = 10s;
        FakeStart busy;
        busy.connections = 1;
        busy.connection_lasts = lasts;
        r.proxies.starts.push_back(busy);
        r.start_serving();
        r.reload();
        r.run_for(1s);
        r.proxies.die(2, ExitStatus{3, 0});
        REQUIRE(r.run_until_exit());
        CHECK(r.count("stop 1") == (lasts < 10s ? 0 : 1));
        CHECK(r.now_ms() < 12'500);
        CHECK(r.exit->code == 3);
    }
}

TEST_CASE("where the text that served can't be started any more, the files get their turn") {
    Rehearsal r;
    r.start_serving();
    r.run_for(1min);
    r.proxies.config = "two";
    FakeStart fails;
    fails.fails = true;
    r.proxies.starts.assign(3, fails); // one failure may pass, three in a row say it can't be
    r.proxies.die(1, killed);
    REQUIRE(r.run_until([&r] { return r.serving() != 0 && r.serving() != 1; }));
    CHECK(r.proxies.process(r.serving()).text == "two");
    CHECK_FALSE(r.status().differs_from_disk);
    CHECK(r.noticed("trying the files on disk"));
}

TEST_CASE("the text that served and the files take turns until one of them starts") {
    Rehearsal r;
    r.start_serving();
    r.run_for(1min);
    r.proxies.config = "two";
    FakeStart dies;
    dies.dies_after = 5ms;
    r.proxies.starts.assign(6, dies);
    r.proxies.die(1, killed);
    REQUIRE(r.run_until([&r] { return r.serving() > 1; }));
    std::vector<std::string> tried;
    for (const FakeProcessPtr& process : r.proxies.processes)
        tried.push_back(process->text);
    CHECK(tried ==
          std::vector<std::string>{"one", "one", "one", "one", "two", "one", "two", "one"});
}
