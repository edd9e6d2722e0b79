// An existing start line of haproxy, with reloadd put before it: what it asks for is taken over.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/proc.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>

using namespace support;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// It serves, and goes on doing so through a reload.
void check_reloads(const Daemon& daemon, const Site& site) {
    CHECK(served_by(site.address) == "1");
    const Reload reload = daemon.reload();
    INFO(boost::json::serialize(reload.report) << reload.err);
    CHECK(reload.code == 0);
    CHECK(comes_to_serve(site.address, "2"));
}

/// What reloadd does when it runs the proxy in its place.
CommandResult ask(std::vector<std::string> proxy) {
    proxy.insert(proxy.begin(), {RELOADD, "--"});
    return run({.argv = std::move(proxy), .environment = {"RELOADD_GENERATION=none"}});
}

} // namespace

TEST_CASE("a start line with -W, -Ws, -S, -db or -q is understood") {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"-W"},
                                                  {"-Ws", "-S", "/run/no/such/master.sock"},
                                                  {"-db", "-q"}}) {
        Site site;
        std::vector<std::string> proxy{"haproxy", "-f", site.file};
        proxy.insert(proxy.end(), words.begin(), words.end());
        INFO(words.front());
        Daemon daemon(site, {.proxy = proxy});
        check_reloads(daemon, site);
        CHECK(daemon.processes().size() <= 3); // one proxy a generation: no master beside it
    }
}

TEST_CASE("with -q the proxy's words are kept from standard error, not from a failed reload") {
    Site site;
    Daemon daemon(site, {.proxy = {"haproxy", "-q", "-f", site.file}});
    REQUIRE(daemon.reload().code == 0);
    CHECK(eventually([&] { return contains(daemon.log(), "generation=1 phase=gone"); }));
    CHECK_FALSE(contains(daemon.log(), "[WARNING]"));
    site.write_broken();
    const Reload reload = daemon.reload();
    CHECK(reload.code == 10);
    CHECK(contains(text(reload.report, "proxy_output"), "no-such-keyword"));
}

TEST_CASE("the FILE of -p becomes the supervisor's pid file, which is gone after the stop") {
    Site site;
    const std::string pid_file = (site.folder / "haproxy.pid").string();
    Daemon daemon(site, {.proxy = {"haproxy", "-f", site.file, "-p", pid_file}});
    CHECK(eventually([&] { return read_file(pid_file) == fmt::format("{}\n", daemon.pid()); }));
    check_reloads(daemon, site);
    CHECK(read_file(pid_file) == fmt::format("{}\n", daemon.pid()));
    CHECK(daemon.stop() == Ended{0, 0});
    CHECK_FALSE(std::filesystem::exists(pid_file));
}

TEST_CASE("a start with -D returns when the proxy serves, and the supervisor lives on in the "
          "background") {
    Site site;
    const std::string pid_file = (site.folder / "haproxy.pid").string();
    Daemon daemon(site,
                  {.proxy = {"haproxy", "-D", "-f", site.file, "-p", pid_file}, .serves = false});
    CHECK(daemon.process().ended(20s) == Ended{0, 0});
    CHECK(served_by(site.address) == "1"); // at once: it returned because it serves
    const pid_t pid = std::stoi(read_file(pid_file));
    CHECK(pid != daemon.pid());
    CHECK(text(daemon.status(), "pid") == std::to_string(pid));
    CHECK(daemon.reload().code == 0);
    const auto open = descriptors(pid);
    for (int fd = 0; fd <= 2; ++fd)
        CHECK(open.at(fd) == "/dev/null");
    kill_process(pid, SIGTERM);
    CHECK(eventually([&] { return !alive(pid) && !std::filesystem::exists(pid_file); }));
}

TEST_CASE(
    "a start with -D and a broken configuration shows the fault and leaves with the proxy's code") {
    Site site;
    site.write_broken();
    Daemon daemon(site, {.proxy = {"haproxy", "-D", "-f", site.file}, .serves = false});
    CHECK(daemon.process().ended(20s) == Ended{1, 0});
    CHECK(contains(daemon.log(), "unknown keyword 'no-such-keyword' in 'frontend' section"));
    CHECK(daemon.processes().empty());
}

TEST_CASE("a start with -sf PID drains a haproxy that was started without us") {
    Site site;
    ProcessSetup plain;
    plain.argv = {"haproxy", "-db", "-f", site.file};
    plain.environment = {"RELOADD_GENERATION=plain"};
    Process old(plain);
    CHECK(eventually([&] { return served_by(site.address) == "plain"; }));
    HeldRequest held(site.address);
    CHECK(served_by(site.address) == "plain"); // so the request before it has been accepted, too

    Daemon daemon(site, {.proxy = {"haproxy", "-f", site.file, "-sf", std::to_string(old.pid())}});
    // The two have sockets of their own for once: what waits in that of the old one is reset.
    CHECK(eventually([&] { return served_by(site.address) == "1"; }));
    CHECK(old.running());
    const auto answer = held.finish();
    REQUIRE(answer);
    CHECK(answer->served_by == "plain");
    CHECK(old.ended(10s) == Ended{0, 0});
    // Only once: at the next reload this number may be anybody's.
    CHECK(daemon.reload().code == 0);
    for (const pid_t pid : daemon.processes()) {
        const auto words = command_line(pid);
        CHECK(std::count(words.begin(), words.end(), "-sf") <= (pid == daemon.pid() ? 1 : 0));
    }
}

TEST_CASE("a start with -st PID stops a haproxy that was started without us") {
    Site site;
    Process old(
        {.argv = {"haproxy", "-db", "-f", site.file}, .environment = {"RELOADD_GENERATION=plain"}});
    CHECK(eventually([&] { return served_by(site.address) == "plain"; }));
    HeldRequest held(site.address);
    Daemon daemon(site, {.proxy = {"haproxy", "-f", site.file, "-st", std::to_string(old.pid())}});
    CHECK(old.ended(5s) == Ended{0, SIGTERM});
    CHECK(held.closed());
    CHECK(served_by(site.address) == "1");
}

TEST_CASE("a start with -x takes the first sockets from a haproxy that was started without us") {
    Site site;
    const std::string stats = (site.folder / "old.sock").string();
    write_file(site.folder / "old.cfg", "global\n    stats socket " + stats +
                                            " level admin expose-fd listeners\n" +
                                            site.config.text());
    Process old({.argv = {"haproxy", "-db", "-f", (site.folder / "old.cfg").string()},
                 .environment = {"RELOADD_GENERATION=plain"}});
    CHECK(eventually([&] { return served_by(site.address) == "plain"; }));
    Daemon daemon(site, {.proxy = {"haproxy", "-f", site.file, "-x", stats, "-sf",
                                   std::to_string(old.pid())}});
    const auto handed = sockets_of(daemon.status());
    CHECK(old.ended(10s) == Ended{0, 0});
    CHECK(served_by(site.address) == "1");
    REQUIRE(daemon.reload().code == 0);
    CHECK(sockets_of(daemon.status()) == handed);
}

TEST_CASE("several -f, a folder and `--` name one configuration") {
    Site site;
    const auto folder = site.folder / "conf.d";
    std::filesystem::create_directory(folder);
    const unsigned first = free_ports(2);
    const auto section = [](unsigned port) {
        return fmt::format("frontend at{0}\n    bind 127.0.0.1:{0}\n"
                           "    http-request return status 200\n",
                           port);
    };
    write_file(folder / "a.cfg", section(first));
    write_file(folder / "ignored.conf", "no configuration");
    write_file(site.folder / "last.cfg", section(first + 1));
    Daemon daemon(site, {.proxy = {"haproxy", "-f", site.file, "-f", folder.string(), "--",
                                   (site.folder / "last.cfg").string()}});
    check_reloads(daemon, site);
    CHECK(sockets_of(daemon.status()).size() == 3);
    // Each of the files counts as configuration text.
    write_file(folder / "b.cfg", "# new\n");
    CHECK(daemon.status().at("config").at("differs_from_disk").as_bool());
}

TEST_CASE("the options -C, -L and -n are passed on; relative paths are those of -C") {
    Site site;
    const unsigned stats = free_port();
    site.config.more = fmt::format("listen stats\n    bind 127.0.0.1:{}\n    stats enable\n"
                                   "    stats uri /\n    stats show-node\npeers p\n    peer me "
                                   "127.0.0.1:{}\n",
                                   stats, free_port());
    site.write();
    Daemon daemon(site, {.proxy = {"haproxy", "-C", site.folder.path().string(), "-L", "me", "-n",
                                   "321", "-f", "haproxy.cfg"},
                         .folder = "/"});
    check_reloads(daemon, site);
    const auto words = command_line(serving_pid(daemon.status()));
    for (const char* const word : {"-C", "-L", "me", "-n", "321"}) {
        INFO(word);
        CHECK(std::count(words.begin(), words.end(), word) == 1);
    }
}

TEST_CASE("`daemon` in the configuration does not detach the proxy from us") {
    Site site;
    site.config.global = {"daemon", "pidfile " + (site.folder / "own.pid").string()};
    site.write();
    Daemon daemon(site);
    check_reloads(daemon, site);
    CHECK(eventually([&] { return daemon.processes().size() == 2; }));
}

TEST_CASE("`master-worker` in the configuration: the worker is the one that is known") {
    Site site;
    site.config.global = {"master-worker"};
    site.write();
    Daemon daemon(site);
    const auto before = sockets_of(daemon.status());
    check_reloads(daemon, site);
    const auto status = daemon.status();
    CHECK(sockets_of(status) == before);
    const std::vector<std::uint64_t> open = socket_inodes(serving_pid(status));
    CHECK(std::count(open.begin(), open.end(), before.begin()->second) == 1);
    // Us, and master and worker of the one generation that is left.
    CHECK(eventually([&] { return daemon.processes().size() == 3; }));
    kill_process(serving_pid(status), SIGKILL);
    CHECK(comes_to_serve(site.address, "3"));
    CHECK(eventually([&] { return daemon.processes().size() == 3; }));
    CHECK(daemon.stop() == Ended{0, 0});
    CHECK(eventually([&] { return daemon.processes().empty(); }));
}

TEST_CASE("a master that is told to drain the moment its worker serves, drains") {
    // It still prepares itself then, and loses a signal that comes too early.
    Site site;
    site.config.global = {"master-worker"};
    site.write();
    Daemon daemon(site, {.options = {"--stop-timeout", "20s"}});
    kill_process(serving_pid(daemon.status()), SIGKILL);
    CHECK(eventually([&] { return contains(daemon.log(), "generation=2 phase=serving"); }));
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().ended(5s) == Ended{0, 0});
}

TEST_CASE("an environment that would confuse the proxy is cleaned") {
    Site site;
    Daemon daemon(site, {.proxy = {"haproxy", "-Ws", "-f", site.file},
                         .environment = {"HAPROXY_MWORKER_REEXEC=1", "HAPROXY_PROCESSES=x",
                                         "NOTIFY_SOCKET=/run/no/such/socket", "LISTEN_FDS=1",
                                         "KEPT=as it is"}});
    check_reloads(daemon, site);
    const pid_t worker = serving_pid(daemon.status());
    CHECK(eventually([&] { return daemon.processes().size() == 2; }));
    const std::string environment = read_file(fmt::format("/proc/{}/environ", worker));
    for (const char* const name : {"HAPROXY_MWORKER_REEXEC", "NOTIFY_SOCKET", "LISTEN_FDS"})
        CHECK_FALSE(contains(environment, name));
    CHECK(contains(environment, "KEPT=as it is"));
    CHECK(command_line(worker).front() == "/usr/sbin/haproxy");
}

TEST_CASE("what only asks, such as -v and -c, runs the proxy in our place") {
    Site site;
    const CommandResult version = ask({"haproxy", "-v"});
    CHECK(version.code() == 0);
    CHECK(version.out == run({"haproxy", "-v"}).out);

    const CommandResult check = ask({"haproxy", "-c", "-f", site.file});
    CHECK(check.code() == 0);
    CHECK(contains(check.out, "Configuration file is valid"));
    site.write_broken();
    CHECK(ask({"haproxy", "-c", "-f", site.file}).code() == 1);
    CHECK(ask({"haproxy", "-f", site.file, "-c"}).code() == 1);
    CHECK_FALSE(std::filesystem::exists("/run/reloadd/haproxy/control.sock"));
}

TEST_CASE("standard output is the proxy's, untouched") {
    Site site;
    site.config.global = {"log stdout format raw daemon"};
    site.config.defaults = {"log global", "log-format \"answered by ${RELOADD_GENERATION}\""};
    site.write();
    Daemon daemon(site);
    CHECK(get(site.address));
    CHECK(eventually([&] { return daemon.process().out() == "answered by 1\n"; }));
    REQUIRE(daemon.reload().code == 0);
    CHECK(comes_to_serve(site.address, "2"));
    CHECK(eventually([&] { return daemon.process().out().ends_with("answered by 2\n"); }));
}

TEST_CASE("descriptors and the folder of the caller reach every generation") {
    Site site;
    // The shell opens the listening socket's stand-in: a file that the proxy must find open.
    const std::string script = "exec 7<\"$1\"; shift; exec \"$@\"";
    write_file(site.folder / "inherited", "x");
    Daemon daemon(site, {.around = {"sh", "-c", script, "sh", (site.folder / "inherited").string()},
                         .folder = site.folder.path()});
    for (int i = 0; i < 2; ++i) {
        const pid_t worker = serving_pid(daemon.status());
        CHECK(descriptors(worker)[7] == (site.folder / "inherited").string());
        CHECK(std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", worker)) ==
              site.folder.path());
        REQUIRE(daemon.reload().code == 0);
    }
}
