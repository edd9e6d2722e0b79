// Signals to the supervisor, and how it leaves.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/proc.hpp"

#include <cerrno>
#include <csignal>

using namespace support;

namespace {

void wait_until_counted(const Daemon& daemon, const std::string& connections) {
    CHECK(eventually(
        [&] { return text(generation(daemon.status(), 1), "connections") == connections; }));
}

} // namespace

TEST_CASE("HUP and USR2 reload") {
    Site site;
    Daemon daemon(site);
    daemon.process().signal(SIGHUP);
    CHECK(eventually([&] { return serving_id(daemon.status()) == 2; }));
    daemon.process().signal(SIGUSR2);
    CHECK(eventually([&] { return serving_id(daemon.status()) == 3; }));
    CHECK(comes_to_serve(site.address, "3"));
}

TEST_CASE("HUP with a broken configuration changes nothing, and the log says why") {
    Site site;
    Daemon daemon(site);
    site.write_broken();
    daemon.process().signal(SIGHUP);
    CHECK(eventually(
        [&] { return daemon.log().find("result=rejected stage=check") != std::string::npos; }));
    CHECK(daemon.log().find("no-such-keyword") != std::string::npos);
    CHECK(serving_id(daemon.status()) == 1);
    CHECK(served_by(site.address) == "1");
}

TEST_CASE("USR1 stops when the last request is answered, and leaves with 0") {
    Site site;
    Daemon daemon(site, {.options = {"--stop-timeout", "500ms"}});
    HeldRequest held(site.address);
    wait_until_counted(daemon, "1");
    daemon.process().signal(SIGUSR1);
    CHECK(eventually([&] { return try_connect(site.address) == ECONNREFUSED; }));
    CHECK_FALSE(daemon.process().ended(1s)); // no deadline bounds a USR1
    CHECK(text(daemon.status(), "state") == "stopping");
    const auto answer = held.finish();
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(daemon.process().ended(10s) == Ended{0, 0});
    CHECK(daemon.processes().empty());
}

TEST_CASE("TERM stops gracefully, but no longer than --stop-timeout") {
    Site site;
    Daemon daemon(site, {.options = {"--stop-timeout", "1s"}});
    HeldRequest held(site.address);
    wait_until_counted(daemon, "1");
    const auto began = std::chrono::steady_clock::now();
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().ended(10s) == Ended{0, 0});
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= 1s);
    CHECK(took < 5s);
    CHECK(held.closed());
    CHECK(daemon.processes().empty());
}

TEST_CASE("a second TERM ends everything at once, by that signal") {
    Site site;
    Daemon daemon(site);
    HeldRequest held(site.address);
    wait_until_counted(daemon, "1");
    daemon.process().signal(SIGTERM);
    CHECK(eventually([&] { return try_connect(site.address) == ECONNREFUSED; }));
    CHECK(daemon.process().running());
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().ended(5s) == Ended{0, SIGTERM});
    CHECK(daemon.processes().empty());
}

TEST_CASE("INT and QUIT end everything at once, by that signal") {
    for (const int signal : {SIGINT, SIGQUIT}) {
        Site site;
        Daemon daemon(site);
        HeldRequest held(site.address);
        wait_until_counted(daemon, "1");
        daemon.process().signal(signal);
        CHECK(daemon.process().ended(5s) == Ended{0, signal});
        CHECK(daemon.processes().empty());
        CHECK_FALSE(std::filesystem::exists(daemon.socket()));
    }
}

TEST_CASE("TERM during a reload stops, and the candidate does not stay behind") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    write_file(control, "hang");
    Process caller = daemon.start_ctl({"reload", "--json"});
    CHECK(eventually(
        [&] { return daemon.log().find("generation=2 phase=starting") != std::string::npos; }));
    CHECK(daemon.stop() == Ended{0, 0});
    CHECK(caller.ended(5s));
    CHECK(text(parse_object(caller.out()), "reason") == "asked to stop");
    CHECK(daemon.processes().empty());
}

TEST_CASE("reloadctl stop waits for the last request, and with --now it does not") {
    {
        Site site;
        Daemon daemon(site);
        HeldRequest held(site.address);
        wait_until_counted(daemon, "1");
        Process caller = daemon.start_ctl({"stop"});
        CHECK(eventually([&] { return try_connect(site.address) == ECONNREFUSED; }));
        CHECK(caller.running());
        REQUIRE(held.finish());
        CHECK(caller.ended(10s) == Ended{0, 0});
        CHECK(caller.out() == "stopped\n");
        CHECK(daemon.process().ended(5s) == Ended{0, 0});
    }
    Site site;
    Daemon daemon(site);
    HeldRequest held(site.address);
    wait_until_counted(daemon, "1");
    CHECK(daemon.ctl({"stop", "--now"}).code() == 0);
    CHECK(daemon.process().ended(5s) == Ended{0, 0});
    CHECK(held.closed());
    CHECK(daemon.ctl({"status"}).code() == 3);
    CHECK(daemon.ctl({"reload"}).code() == 7);
}
