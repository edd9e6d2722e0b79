// The life of a supervisor: first start, what it replaces, what it tells of itself.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

#include <boost/asio/post.hpp>
#include <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace reload;
using namespace std::chrono_literals;

namespace {

/// A real process that sleeps until a signal ends it.
class Sleeper {
public:
    Sleeper() {
        std::string program = "sleep";
        std::string time = "60";
        char* const arguments[] = {program.data(), time.data(), nullptr};
        REQUIRE(::posix_spawnp(&pid, "sleep", nullptr, nullptr, arguments, environ) == 0);
    }
    ~Sleeper() { wait(SIGKILL); }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    [[nodiscard]] bool running() const {
        return ended_ == 0 && ::waitpid(pid, nullptr, WNOHANG) == 0;
    }
    /// The signal that ended it; sends `last` if that is not 0.
    int wait(int last = 0) {
        if (ended_ != 0)
            return ended_;
        if (last != 0)
            ::kill(pid, last);
        int status = 0;
        ::waitpid(pid, &status, 0);
        ended_ = WTERMSIG(status);
        return ended_;
    }

    pid_t pid = 0;

private:
    int ended_ = 0;
};

StartLine replacing(pid_t pid, bool at_once) {
    StartLine line;
    line.replaces = {pid};
    line.replaces_at_once = at_once;
    return line;
}

} // namespace

TEST_CASE("a first start that fails ends the supervisor with the proxy's own exit") {
    Rehearsal r;
    FakeStart dies;
    dies.dies_after = 5ms;
    dies.dies_with = ExitStatus{3, 0};
    r.proxies.starts = {dies};
    r.start();
    REQUIRE(r.run_until_exit());
    CHECK(r.exit->code == 3);
    CHECK(r.exit->signal == 0);
    CHECK(r.told_serving == 0);
}

TEST_CASE("a first start that is killed ends the supervisor by the same signal") {
    Rehearsal r;
    FakeStart dies;
    dies.dies_after = 5ms;
    dies.dies_with = ExitStatus{0, 11};
    r.proxies.starts = {dies};
    r.start();
    REQUIRE(r.run_until_exit());
    CHECK(r.exit->signal == 11);
}

TEST_CASE("a first check that fails ends the supervisor with the checker's exit") {
    Rehearsal r;
    FakeCheck no;
    no.passes = false;
    r.proxies.checks = {no};
    r.start();
    REQUIRE(r.run_until_exit());
    CHECK(r.exit->code == 1);
    CHECK(r.proxies.processes.empty());
}

TEST_CASE("a first start that fails never ends in success") {
    std::vector<FakeStart> all(6);
    all[0].fails = true;
    all[1].never_ready = true;
    all[2].dies_after = 5ms;
    all[2].dies_with = ExitStatus{0, 0}; // it left, content, but serves nothing
    all[3].collect_fails = true;
    all[4].channel_breaks_after = 5ms;
    all[5].dies_when_collected = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(i);
        Rehearsal r;
        r.proxies.starts = {all[i]};
        r.start();
        REQUIRE(r.run_until_exit());
        CHECK((r.exit->code != 0 || r.exit->signal != 0));
        CHECK(r.told_serving == 0);
        CHECK(r.proxies.processes.size() <= 1);
    }
}

TEST_CASE("a first start whose configuration can't be read or changes meanwhile ends it") {
    Rehearsal unreadable;
    unreadable.proxies.config_unreadable = true;
    unreadable.start();
    REQUIRE(unreadable.run_until_exit());
    CHECK(unreadable.exit->code == 1);

    Rehearsal changed;
    changed.clock.after(12ms, [&changed] { changed.proxies.config = "two"; });
    changed.start();
    REQUIRE(changed.run_until_exit());
    CHECK(changed.exit->code == 1);
}

TEST_CASE("a socket that --listen asked for is given back when the first start fails") {
    Rehearsal r;
    r.world.held.push_back(
        std::make_shared<const ListeningSocket>(FakeProxies::make_socket(900, "HTTP")));
    FakeStart fails;
    fails.fails = true;
    r.proxies.starts = {fails};
    r.start();
    REQUIRE(r.run_until_exit());
    CHECK(r.count("retire 900") == 1);
}

TEST_CASE("processes to replace are told to drain once the first generation serves") {
    Sleeper old;
    Rehearsal r(replacing(old.pid, false));
    r.start();
    r.run_for(5ms);
    CHECK(old.running());
    REQUIRE(r.run_until([&r] { return r.told_serving > 0; }));
    CHECK(old.wait() == SIGUSR1);
}

TEST_CASE("processes to replace at once are stopped once the first generation serves") {
    Sleeper old;
    Rehearsal r(replacing(old.pid, true));
    r.start_serving();
    CHECK(old.wait() == SIGTERM);
}

TEST_CASE("a first start that fails leaves the processes to replace alone") {
    Sleeper old;
    Rehearsal r(replacing(old.pid, false));
    FakeStart dies;
    dies.dies_after = 5ms;
    r.proxies.starts = {dies};
    r.start();
    REQUIRE(r.run_until_exit());
    CHECK(old.running());
}

TEST_CASE("a process to replace that is gone already is told, and harms nothing") {
    Sleeper old;
    const pid_t gone = old.pid;
    old.wait(SIGKILL);
    Rehearsal r(replacing(gone, false));
    r.start_serving();
    CHECK(r.noticed("replaced pid " + std::to_string(gone)));
    CHECK(r.serving() == 1);
}

TEST_CASE("that the first generation serves is told though it dies in that very moment") {
    // Who waits for it to go to the background, to write a pid file or to retire the old proxy
    // waits for good otherwise.
    for (const char* when : {"serving 1", "step cutover", "result committed"}) {
        CAPTURE(when);
        Sleeper old;
        Rehearsal r(replacing(old.pid, false));
        r.on_event = [&r, when](const Event&) {
            if (r.journal.back() == when && r.proxies.processes.size() == 1)
                asio::post(r.context, [&r] { r.proxies.die(1, ExitStatus{0, 9}); });
        };
        r.start();
        REQUIRE(r.run_until_serving(2));
        REQUIRE(r.told_serving == 1);
        CHECK(old.wait() == SIGUSR1);
    }
}

TEST_CASE("a status tells what runs") {
    Rehearsal r;
    r.start();
    r.run_for(7ms);
    CHECK(r.status().state == "starting");
    REQUIRE(r.run_until_serving(1));
    const Status status = r.status();
    CHECK(status.name == "rehearsal");
    CHECK(status.pid == ::getpid());
    CHECK(status.state == "serving");
    CHECK(status.serving == 1);
    CHECK_FALSE(status.differs_from_disk);
    REQUIRE(status.generations.size() == 1);
    CHECK(status.generations[0].phase == Phase::serving);
    CHECK(status.generations[0].pid == r.proxies.process(1).pid);
    CHECK(status.generations[0].config_hash == status.config_hash);
    CHECK(status.generations[0].rss_kib == 1);
    REQUIRE(status.last_reload.has_value());
    CHECK(status.last_reload->to == 1);

    r.proxies.config = "two";
    CHECK(r.status().differs_from_disk);
    r.reload();
    CHECK_FALSE(r.status().differs_from_disk);
    CHECK(r.status().config_hash != status.config_hash);
}

TEST_CASE("a status does not wait for a generation that doesn't answer") {
    Rehearsal r;
    FakeStart silent;
    silent.silent_while_draining = true;
    silent.connections = 1;
    silent.connection_lasts = 1h;
    r.proxies.starts = {silent, silent, silent};
    r.start_serving();
    for (int i = 0; i < 3; ++i)
        r.reload();
    const double asked = r.now_ms();
    const Status status = r.status();
    CHECK(status.generations.size() == 4);
    CHECK(r.now_ms() - asked <= 2'000);
    CHECK(status.generations[3].connections == 0);
}
