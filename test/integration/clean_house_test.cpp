// Nothing is left behind: not by reloads, not by a stop, not by a supervisor that was killed.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/proc.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>

using namespace support;

namespace {

/// AddressSanitizer keeps what is freed for a while.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer);
#else
constexpr bool sanitized = false;
#endif

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Back to one generation.
bool at_rest(const Daemon& daemon) {
    return eventually([&] { return daemon.status().at("generations").as_array().size() == 1; });
}

} // namespace

TEST_CASE("after many reloads the supervisor is as small as before") {
    const char* const asked = std::getenv("RELOAD_TEST_LONG");
    const unsigned reloads = asked != nullptr && std::string_view(asked) == "1" ? 300 : 20;
    Site site;
    Daemon daemon(site);
    // What the first few reloads load lazily is no leak.
    for (unsigned i = 0; i < 5; ++i)
        REQUIRE(daemon.reload().code == 0);
    CHECK(at_rest(daemon));
    const std::size_t fds = settled_descriptors(daemon.pid());
    const std::uint64_t memory = rss_kib(daemon.pid());
    for (unsigned i = 0; i < reloads; ++i) {
        // Refused ones must not leave anything either.
        if (i % 5 == 4)
            site.write_broken();
        CHECK(daemon.reload().code == (i % 5 == 4 ? 10 : 0));
        if (i % 5 == 4)
            site.write();
    }
    CHECK(at_rest(daemon));
    CHECK(settled_descriptors(daemon.pid()) == fds);
    CHECK(children(daemon.pid()).size() == 1);
    CHECK(zombies_of(daemon.pid()).empty());
    CHECK((sanitized || rss_kib(daemon.pid()) <= memory + 512));
    CHECK(threads(daemon.pid()) == 1);
    WARN(fmt::format("{} reloads: {} descriptors before and {} after, {} KiB before and {} after",
                     reloads, fds, settled_descriptors(daemon.pid()), memory,
                     rss_kib(daemon.pid())));
}

TEST_CASE("a generation has no descriptor of the supervisor but those that it needs") {
    Site site;
    const std::string second = fmt::format("127.0.0.1:{}", free_port());
    site.config.binds = {site.address, "fd@${extra}"};
    site.write();
    Daemon daemon(site, {.options = {"--listen", "extra=" + second}});
    const Client client("unix@" + daemon.socket()); // open while generations are started
    for (int i = 0; i < 3; ++i)
        REQUIRE(daemon.reload().code == 0);
    CHECK(at_rest(daemon));
    const auto status = daemon.status();
    const auto ours = descriptors(daemon.pid());
    const auto theirs = descriptors(serving_pid(status));
    std::vector<std::string> listening;
    for (const auto& [address, inode] : sockets_of(status))
        listening.push_back(fmt::format("socket:[{}]", inode));
    REQUIRE(listening.size() == 2);

    const auto is_listening = [&](const std::string& target) {
        return std::find(listening.begin(), listening.end(), target) != listening.end();
    };
    for (const auto& [number, target] : theirs) {
        if (number <= 2 || is_listening(target))
            continue;
        INFO(number << " -> " << target);
        // Every other object of the supervisor (its lock, folder, control socket, event queue, the
        // channels of other generations) is its own alone. "anon_inode" is the name of a kind.
        const bool shared =
            !target.starts_with("anon_inode") &&
            std::any_of(ours.begin(), ours.end(), [&, name = target](const auto& one) {
                return one.first > 2 && one.second == name;
            });
        CHECK_FALSE(shared);
        CHECK_FALSE(contains(target, "/run/"));
    }
    // Each socket once, and nothing grows from generation to generation.
    const auto uses = std::count_if(theirs.begin(), theirs.end(),
                                    [&](const auto& one) { return is_listening(one.second); });
    CHECK(uses == 2);
    REQUIRE(daemon.reload().code == 0);
    CHECK(at_rest(daemon));
    CHECK(descriptors(serving_pid(daemon.status())).size() == theirs.size());
}

TEST_CASE("a stop leaves no file behind") {
    Site site;
    const auto path = site.folder / "web.sock";
    const auto stats = site.folder / "stats.sock";
    const auto bound = site.folder / "bound.sock";
    const auto pid_file = site.folder / "pid";
    site.config.binds = {site.address, "unix@" + path.string(), "fd@${b}"};
    site.config.global = {"stats socket " + stats.string()};
    site.write();
    Daemon daemon(site, {.options = {"--listen", "b=unix@" + bound.string(), "--pidfile",
                                     pid_file.string()}});
    for (int i = 0; i < 2; ++i)
        REQUIRE(daemon.reload().code == 0);
    CHECK(std::filesystem::exists(site.folder / "run/control.sock"));
    for (const auto& file : {path, stats, bound, pid_file})
        CHECK(std::filesystem::exists(file));
    CHECK(daemon.stop() == Ended{0, 0});
    CHECK(daemon.processes().empty());
    for (const auto& entry : std::filesystem::directory_iterator(site.folder.path())) {
        INFO(entry.path());
        CHECK(entry.path() == site.file);
    }
}

TEST_CASE("a first start that fails leaves nothing behind, and the proxy's words say why") {
    Site site;
    site.write_broken();
    Daemon daemon(site, {.serves = false});
    CHECK(daemon.process().ended(10s) == Ended{1, 0});
    CHECK(contains(daemon.log(), "no-such-keyword"));
    CHECK(daemon.processes().empty());
    CHECK_FALSE(std::filesystem::exists(site.folder / "run"));
}

TEST_CASE("a second supervisor of the same name is refused, and the first is not disturbed") {
    Site site;
    Daemon daemon(site);
    const CommandResult second = run({RELOADD, "--runtime-dir", (site.folder / "run").string(),
                                      "--", "haproxy", "-f", site.file});
    CHECK(second.code() == 1);
    CHECK(second.err ==
          fmt::format("reloadd: {}: another supervisor runs here (pid {}); give this one a name of "
                      "its own with --name\n",
                      (site.folder / "run").string(), daemon.pid()));
    CHECK(daemon.healthy());
    CHECK(daemon.reload().code == 0);
}

TEST_CASE("the control socket of a supervisor that was killed is replaced") {
    Site site;
    {
        Daemon killed(site);
        killed.process().signal(SIGKILL);
        CHECK(killed.process().ended(5s) == Ended{0, SIGKILL});
        CHECK(std::filesystem::exists(killed.socket()));
        CHECK(killed.ctl({"status"}).code() == 3);
        CHECK(killed.ctl({"reload"}).code() == 7);
    }
    CHECK(std::filesystem::exists(site.folder / "run/control.sock"));
    Daemon daemon(site);
    CHECK(daemon.healthy());
    CHECK(daemon.reload().code == 0);
    CHECK(comes_to_serve(site.address, "2"));
}

TEST_CASE("a caller whose supervisor is killed hears that the outcome is unknown") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    write_file(control, "late");
    Process caller = daemon.start_ctl({"reload"});
    CHECK(eventually([&] { return std::filesystem::exists(control + ".begun"); }));
    daemon.process().signal(SIGKILL);
    const auto end = caller.ended(5s);
    INFO(caller.err());
    CHECK(end == Ended{14, 0});
    CHECK(contains(caller.err(), "hung up"));
    // The proxy is not taken along.
    CHECK(served_by(site.address) == "1");
}

TEST_CASE(
    "a Unix socket of --listen that a killed supervisor left is replaced, a used one is not") {
    Site site;
    const std::string path = "unix@" + (site.folder / "web.sock").string();
    site.config.binds = {"fd@${web}"};
    site.write();
    const DaemonSetup setup{.options = {"--listen", "web=" + path}};
    { Daemon killed(site, setup); } // ends by SIGKILL
    CHECK(try_connect(path) == ECONNREFUSED);
    Daemon daemon(site, setup);
    CHECK(served_by(path) == "1");

    const CommandResult second = run({RELOADD, "--runtime-dir", (site.folder / "run2").string(),
                                      "--listen", "web=" + path, "--", "haproxy", "-f", site.file});
    CHECK(second.code() == 1);
    CHECK(contains(second.err, fmt::format("reloadd: --listen web={}: ", path)));
    CHECK(contains(second.err, "Address already in use"));
    CHECK(served_by(path) == "1");
}
