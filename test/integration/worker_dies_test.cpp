// The serving process dies without having been told to: its sockets stay, clients wait.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/load.hpp"
#include "support/load_checks.hpp"
#include "support/proc.hpp"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>

using namespace support;

namespace {

/// Kills the serving process; the generation that serves instead, 0 when none does.
std::int64_t kill_worker(const Daemon& daemon, int signal = SIGKILL) {
    const auto before = daemon.status();
    if (serving_pid(before) <= 0)
        return 0;
    kill_process(serving_pid(before), signal);
    std::int64_t now = 0;
    const bool replaced = eventually([&] {
        now = serving_id(daemon.status());
        return now > serving_id(before);
    });
    return replaced ? now : 0;
}

} // namespace

TEST_CASE("a worker that is killed again and again costs only what it had in flight") {
    constexpr unsigned kills = 5;
    Site site;
    Daemon daemon(site);
    const auto sockets = sockets_of(daemon.status());
    Load load({.targets = {site.address}, .rate = 2000, .keepalive = 30, .duration = 7s});
    for (unsigned i = 0; i < kills; ++i) {
        // One that has served for a while: quick deaths in a row are held back on purpose.
        const std::string serving = std::to_string(serving_id(daemon.status()));
        CHECK(eventually([&] { return served_by(site.address) == serving; }));
        std::this_thread::sleep_for(1100ms);
        CHECK(kill_worker(daemon) == i + 2);
    }
    CHECK(sockets_of(daemon.status()) == sockets);
    const LoadReport report = load.finish();
    // At 2,000/s and a millisecond each, few requests are in flight at once, but a kill may meet a
    // burst of those that waited while the proxy was away from the processor.
    CHECK_ONLY_IN_FLIGHT_LOST(report, kills * 30);
    CHECK(report.served_by.size() == kills + 1);
}

TEST_CASE("a worker that dies while the file on disk is broken is replaced with the text it had") {
    Site site;
    Daemon daemon(site);
    const auto before = daemon.status();
    site.write_broken();
    CHECK(daemon.reload().code == 10);

    CHECK(kill_worker(daemon) > 1);
    const auto after = daemon.status();
    CHECK(text(after.at("config").as_object(), "hash") ==
          text(before.at("config").as_object(), "hash"));
    CHECK(after.at("config").at("differs_from_disk").as_bool());
    CHECK(sockets_of(after) == sockets_of(before));
    CHECK(get(site.address).has_value());
    CHECK(daemon.reload().code == 10);
    CHECK(get(site.address).has_value());
    site.write();
    CHECK(daemon.reload().code == 0);
}

TEST_CASE("a worker that dies while another file of its folder is gone is replaced") {
    Site site;
    const auto folder = site.folder / "conf.d";
    std::filesystem::create_directory(folder);
    write_file(folder / "10-main.cfg", site.config.text());
    write_file(folder / "20-more.cfg", fmt::format("frontend more\n    bind 127.0.0.1:{}\n    "
                                                   "http-request return status 200\n",
                                                   free_port()));
    Daemon daemon(site, {.proxy = {"haproxy", "-f", folder.string()}});
    const auto before = sockets_of(daemon.status());
    CHECK(before.size() == 2);
    std::filesystem::remove_all(folder);
    CHECK(kill_worker(daemon) > 1);
    CHECK(sockets_of(daemon.status()) == before);
    CHECK(get(site.address).has_value());
}

TEST_CASE("while no worker serves, clients wait in the queue of the socket") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    write_file(control, "late");
    const pid_t worker = serving_pid(daemon.status());
    kill_process(worker, SIGKILL);
    CHECK(eventually([&] { return !alive(worker); }));
    CHECK(eventually([&] { return serving_id(daemon.status()) == 0; }));
    CHECK(text(daemon.status(), "state") == "recovering");
    CHECK(daemon.ctl({"health"}).code() == 1);
    Client waits(site.address);
    CHECK(waits.problem() == 0); // the kernel has taken the connection
    const auto answer = waits.get();
    REQUIRE(answer);
    CHECK(answer->served_by != "1");
}

TEST_CASE("a proxy that keeps dying is started again more and more slowly") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    write_file(control, "crash");
    kill_process(serving_pid(daemon.status()), SIGKILL);
    CHECK(eventually([&] { return daemon.log().find("next start in 400") != std::string::npos; }));
    CHECK(try_connect(site.address) == 0);
    std::filesystem::remove(control);
    CHECK(eventually([&] { return serving_id(daemon.status()) > 1; }));
    CHECK(get(site.address));
    // A reload is not held up by any of this.
    write_file(control, "crash");
    kill_process(serving_pid(daemon.status()), SIGKILL);
    CHECK(eventually([&] { return serving_id(daemon.status()) == 0; }));
    std::filesystem::remove(control);
    CHECK(daemon.reload().code == 0);
    CHECK(get(site.address).has_value());
}

TEST_CASE("a worker that dies in mid reload costs neither the reload nor a connection") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    Load load({.targets = {site.address}, .rate = 500, .duration = 4s});
    write_file(control, "late");
    Process caller = daemon.start_ctl({"reload", "--json"});
    CHECK(eventually([&] { return std::filesystem::exists(control + ".begun"); }));
    std::filesystem::remove(control);
    kill_process(serving_pid(daemon.status()), SIGKILL);
    // Its replacement needs no time, so it serves until the candidate is ready.
    CHECK(eventually([&] { return serving_id(daemon.status()) == 3; }));
    CHECK(caller.ended(10s) == Ended{0, 0});
    CHECK(text(parse_object(caller.out()), "to") == "2");
    CHECK(serving_id(daemon.status()) == 2);
    CHECK(eventually([&] { return children(daemon.pid()).size() == 1; }));
    CHECK_ONLY_IN_FLIGHT_LOST(load.finish(), 20);
}

TEST_CASE("a generation that is frozen holds up neither the status nor a reload") {
    Site site;
    Daemon daemon(site);
    const pid_t frozen = serving_pid(daemon.status());
    kill_process(frozen, SIGSTOP);
    const auto began = std::chrono::steady_clock::now();
    CHECK(text(generation(daemon.status(), 1), "connections") == "null");
    REQUIRE(daemon.reload().code == 0);
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(served_by(site.address) == "2");
    CHECK(text(generation(daemon.status(), 1), "phase") == "draining");
    kill_process(frozen, SIGCONT);
    CHECK(eventually([&] { return generation(daemon.status(), 1).empty(); }));
}

TEST_CASE("a new generation that dies right after its commit is replaced") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    Load load({.targets = {site.address}, .duration = 3s});
    write_file(control, "dies-young");
    CHECK(daemon.reload().code == 0);
    std::filesystem::remove(control);
    CHECK(eventually([&] { return serving_id(daemon.status()) == 3; }));
    CHECK_ONLY_IN_FLIGHT_LOST(load.finish(), 30);
}

TEST_CASE("with --on-crash exit the supervisor leaves as its proxy did") {
    Site site;
    Daemon daemon(site, {.options = {"--on-crash", "exit"}});
    kill_process(serving_pid(daemon.status()), SIGKILL);
    const auto end = daemon.process().ended(10s);
    CHECK(end == Ended{0, SIGKILL});
    CHECK(try_connect(site.address) == ECONNREFUSED);
}
