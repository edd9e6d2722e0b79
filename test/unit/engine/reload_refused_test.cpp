// Promise 2: a refused reload changes nothing. One test for each way in which a candidate can fail.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

/// A serving generation and one reload whose candidate does `what`; checks what holds for every
/// refusal.
class Refusal {
public:
    explicit Refusal(FakeStart what) {
        r.start_serving();
        r.proxies.starts.push_back(std::move(what));
        report = r.reload();
        CHECK(report.result == ReloadResult::rejected);
        CHECK(report.from == 1);
        CHECK_FALSE(report.to.has_value());
        CHECK_FALSE(report.reason.empty());
        CHECK(exit_code(report) == 11);
        CHECK(r.serving() == 1);
        CHECK(r.phase(1) == Phase::serving);
        for (const char* touched : {"drain 1", "stop 1", "kill 1", "retire 101", "serving 2"})
            CHECK(r.count(touched) == 0);
        CHECK(r.count("result rejected") == 1);
        CHECK(r.most_candidates == 1);
        // One that was ready may have accepted connections, so it drains.
        REQUIRE(r.run_until([this] { return r.proxies.alive() == 1; }));
        r.run_for(1s);
        CHECK(r.world.generations.size() == 1);
        CHECK(r.serving() == 1);
        CHECK(r.held() == Inodes{101});
        CHECK(r.open_sockets() == 1);
    }

    Rehearsal r;
    ReloadReport report;
};

bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a candidate that can't be started leaves the old generation serving") {
    FakeStart what;
    what.fails = true;
    const Refusal refusal(what);
    CHECK(refusal.report.stage == "start");
    CHECK(refusal.report.reason == "haproxy: no such program");
}

TEST_CASE("a candidate that dies while starting leaves the old generation serving") {
    FakeStart what;
    what.dies_after = 5ms;
    what.output = "[NOTICE]   (1) : haproxy version is 2.6.12\n"
                  "[ALERT]    (1) : cannot open the file 'x'.\n";
    const Refusal refusal(what);
    CHECK(refusal.report.stage == "ready");
    CHECK(refusal.report.reason == "cannot open the file 'x'. (exit code 1)");
    CHECK(refusal.report.proxy_output == what.output);
    CHECK(refusal.r.count("kill 2") == 0);
}

TEST_CASE("a candidate that dies without a word is told by its exit") {
    FakeStart what;
    what.dies_after = 5ms;
    what.dies_with = ExitStatus{0, 11};
    const Refusal refusal(what);
    CHECK(mentions(refusal.report.reason, "killed by signal 11"));
}

TEST_CASE("a candidate that can't bind names the address and who holds it") {
    Rehearsal r;
    r.start_serving();
    r.proxies.holders["127.0.0.1:80"] = "nginx, pid 123";
    FakeStart what;
    what.dies_after = 5ms;
    what.output = "[ALERT]    (1) : Binding [a.cfg:8] for frontend f: cannot bind socket (Address "
                  "already in use) for [127.0.0.1:80]\n"
                  "[ALERT]    (1) : Binding [a.cfg:9] for frontend f: cannot bind socket "
                  "(Permission denied) for [127.0.0.1:81]\n";
    r.proxies.starts.push_back(what);
    const ReloadReport report = r.reload();
    CHECK(report.reason == "127.0.0.1:80: Address already in use (held by nginx, pid 123); "
                           "127.0.0.1:81: Permission denied (exit code 1)");
    CHECK(r.serving() == 1);
}

TEST_CASE("a candidate that is not ready within the deadline is asked to leave, then killed") {
    Rehearsal r;
    r.config.ready_timeout = 4s;
    r.start_serving();
    FakeStart what;
    what.never_ready = true;
    what.ignores_drain = true;
    r.proxies.starts.push_back(what);
    const ReloadReport report = r.reload();
    CHECK(report.result == ReloadResult::rejected);
    CHECK(report.stage == "ready");
    CHECK(report.reason == "not ready within 4.0s");
    CHECK(exit_code(report) == 11);
    CHECK(r.place("drain 2") < r.place("kill 2"));
    CHECK(r.count("drain 1") == 0);
    CHECK(r.proxies.alive() == 1);
    CHECK(r.serving() == 1);
    CHECK(report.timings_ms.total < 7000.0);
}

TEST_CASE("a candidate that leaves when asked is not killed") {
    Rehearsal r;
    r.config.ready_timeout = 4s;
    r.start_serving();
    FakeStart what;
    what.never_ready = true;
    r.proxies.starts.push_back(what);
    CHECK(r.reload().result == ReloadResult::rejected);
    CHECK(r.count("drain 2") == 1);
    CHECK(r.count("kill 2") == 0);
    CHECK(r.proxies.alive() == 1);
}

TEST_CASE("a candidate whose channel breaks before it is ready is refused") {
    FakeStart what;
    what.channel_breaks_after = 5ms;
    what.ready_after = 50ms;
    const Refusal refusal(what);
    CHECK(refusal.report.stage == "ready");
    CHECK(mentions(refusal.report.reason, "admin channel"));
}

TEST_CASE("a candidate whose channel breaks just before it dies is told by its death") {
    FakeStart what;
    what.channel_breaks_after = 5ms;
    what.ready_after = 50ms;
    what.dies_after = 100ms;
    what.dies_with = ExitStatus{7, 0};
    const Refusal refusal(what);
    CHECK(mentions(refusal.report.reason, "exit code 7"));
}

TEST_CASE("a candidate that dies between its readiness and the commit is refused") {
    FakeStart what;
    what.dies_when_collected = true;
    const Refusal refusal(what);
    CHECK(refusal.r.count("ready 2") == 1);
}

TEST_CASE("a candidate that dies after it told its sockets, before the commit, is refused") {
    FakeStart what;
    what.collect_takes = 5ms;
    what.dies_after = 15ms; // the moment at which it answers
    const Refusal refusal(what);
    CHECK(refusal.r.count("ready 2") == 1);
}

TEST_CASE("a candidate that doesn't tell its sockets is refused") {
    FakeStart what;
    what.collect_fails = true;
    const Refusal refusal(what);
    CHECK(mentions(refusal.report.reason, "listening sockets"));
}

TEST_CASE("a candidate that never tells its sockets is refused at the ready deadline") {
    Rehearsal r;
    r.config.ready_timeout = 4s;
    r.start_serving();
    FakeStart what;
    what.collect_hangs = true;
    r.proxies.starts.push_back(what);
    const ReloadReport report = r.reload();
    CHECK(report.result == ReloadResult::rejected);
    CHECK(mentions(report.reason, "not told within the deadline"));
    CHECK(report.timings_ms.total < 10'000.0);
    CHECK(r.serving() == 1);
    REQUIRE(r.run_until([&r] { return r.proxies.alive() == 1; }));
}

TEST_CASE("a configuration that changes while it is loaded is refused: what runs must be known") {
    for (const auto when : {1ms, 6ms, 12ms}) { // in the check, before and after the start reads it
        CAPTURE(when.count());
        Rehearsal r;
        r.start_serving();
        r.proxies.config = "two";
        r.clock.after(when, [&r] { r.proxies.config = "three"; });
        const ReloadReport report = r.reload();
        CHECK(report.result == ReloadResult::rejected);
        CHECK(mentions(report.reason, "changed while it was being loaded"));
        CHECK(r.serving() == 1);
        CHECK(r.count("drain 1") == 0);
        CHECK(r.reload().result == ReloadResult::committed);
        CHECK(r.proxies.process(3).text == "three");
    }
}

TEST_CASE("a candidate that was ready may have accepted, so it finishes its connections") {
    FakeStart what;
    what.collect_fails = true;
    what.connections = 3;
    what.connection_lasts = 20s;
    const Refusal refusal(what);
    CHECK(refusal.r.now_ms() > 60'000);
    CHECK(refusal.r.phase(2) == Phase::gone);
    CHECK(refusal.r.count("drain 2") == 1);
    CHECK(refusal.r.count("stop 2") == 0);
    CHECK(refusal.r.count("kill 2") == 0);
}

TEST_CASE("a refusal is followed by a reload that works") {
    FakeStart what;
    what.dies_after = 5ms;
    Refusal refusal(what);
    CHECK(refusal.r.reload().result == ReloadResult::committed);
    CHECK(refusal.r.serving() == 3);
}
