// Every kind of listening socket goes from generation to generation: the same socket of the kernel
// (its inode tells), not another one at the same address.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/load.hpp"
#include "support/load_checks.hpp"
#include "support/proc.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

using namespace support;

namespace {

/// Reloads twice. Each time the sockets are those of before, the serving process has them open, and
/// every address is answered by the new generation.
void check_handed_over(const Daemon& daemon, std::size_t sockets,
                       const std::vector<std::string>& answering) {
    const auto before = sockets_of(daemon.status());
    CHECK(before.size() == sockets);
    for (int i = 0; i < 2; ++i) {
        const Reload reload = daemon.reload();
        INFO(reload.err << boost::json::serialize(reload.report));
        REQUIRE(reload.code == 0);
        const auto status = daemon.status();
        CHECK(sockets_of(status) == before);
        const std::vector<std::uint64_t> open = socket_inodes(serving_pid(status));
        for (const auto& [address, inode] : before) {
            INFO(address);
            CHECK(std::count(open.begin(), open.end(), inode) == 1);
        }
        for (const std::string& address : answering) {
            INFO(address);
            CHECK(comes_to_serve(address, text(reload.report, "to")));
        }
    }
}

/// A network namespace of the test's own; `made` tells whether this was permitted.
struct NetworkNamespace {
    std::string name = fmt::format("reload-test-{}", ::getpid());
    bool made = run({"ip", "netns", "add", name}).code() == 0 &&
                run({"ip", "-n", name, "link", "set", "lo", "up"}).code() == 0;

    ~NetworkNamespace() { run({"ip", "netns", "delete", name}); }
};

} // namespace

TEST_CASE("TCP sockets of IPv4 and IPv6 are handed over") {
    Site site;
    const unsigned v6 = free_port();
    const unsigned v6only = free_port();
    const unsigned both = free_port();
    const unsigned range = free_ports(3);
    site.config.binds = {site.address, fmt::format("[::1]:{} v6only", v6),
                         fmt::format(":::{} v6only", v6only), fmt::format(":::{} v4v6", both),
                         fmt::format("127.0.0.1:{}-{}", range, range + 2)};
    site.write();
    Daemon daemon(site);
    check_handed_over(daemon, 7,
                      {site.address, fmt::format("[::1]:{}", v6), fmt::format("[::1]:{}", v6only),
                       fmt::format("[::1]:{}", both), fmt::format("127.0.0.1:{}", both),
                       fmt::format("127.0.0.1:{}", range), fmt::format("127.0.0.1:{}", range + 2)});
}

// The kernel sets IPV6_V6ONLY on a socket of one IPv6 address, so HAProxy 2.6 takes it for the
// socket of another bind line (sock_find_compatible_fd) and opens one of its own beside it.
TEST_CASE("a socket of one IPv6 address, which HAProxy can't be handed, loses nothing either") {
    Site site;
    const std::string address = fmt::format("[::1]:{}", site.port);
    site.config.binds = {address};
    site.write();
    Daemon daemon(site);
    Load load({.targets = {address}, .rate = 1000, .duration = 4s});
    for (int i = 0; i < 6; ++i) {
        CHECK(daemon.reload().code == 0);
        CHECK(eventually([&] { return daemon.status().at("generations").as_array().size() == 1; }));
    }
    CHECK_NOTHING_LOST(load.finish());
    CHECK(sockets_of(daemon.status()).size() == 1);
}

TEST_CASE("a socket of one IPv6 address loses nothing when reload follows reload at once") {
    Site site;
    const std::string address = fmt::format("[::1]:{}", site.port);
    site.config.binds = {address};
    site.write();
    Daemon daemon(site);
    Load load({.targets = {address}, .rate = 1000, .duration = 4s});
    for (int i = 0; i < 20; ++i)
        CHECK(daemon.reload().code == 0);
    CHECK_NOTHING_LOST(load.finish());
}

TEST_CASE("Unix and abstract sockets are handed over") {
    Site site;
    const std::string path = "unix@" + (site.folder / "web.sock").string();
    const std::string abstract = fmt::format("abns@reload-test-{}", site.port);
    site.config.binds = {path, abstract};
    site.write();
    Daemon daemon(site);
    check_handed_over(daemon, 2, {path, abstract});
}

TEST_CASE("the shards of a listener are handed over, each of them") {
    Site site;
    site.config.global = {"nbthread 2"};
    site.config.binds = {site.address + " shards by-thread"};
    site.write();
    Daemon daemon(site);
    check_handed_over(daemon, 2, {site.address});
}

TEST_CASE("a socket that is bound to an interface is handed over") {
    Site site;
    site.config.binds = {site.address + " interface lo"};
    site.write();
    Daemon daemon(site);
    check_handed_over(daemon, 1, {site.address});
}

TEST_CASE("a socket in another network namespace is handed over") {
    Site site;
    const NetworkNamespace other;
    if (!other.made) {
        WARN("network namespaces are not permitted here: nothing was tested");
        return;
    }
    site.config.binds = {site.address, site.address + " namespace " + other.name};
    site.write();
    Daemon daemon(site);
    check_handed_over(daemon, 2, {site.address});
    const CommandResult inside =
        run({"ip", "netns", "exec", other.name, "curl", "-s", "-i", "http://" + site.address});
    CHECK(inside.out.find("x-served-by: 3") != std::string::npos);
}

TEST_CASE("stats sockets of the user are handed over, and answer") {
    Site site;
    const std::string plain = (site.folder / "stats.sock").string();
    const std::string exposing = (site.folder / "admin.sock").string();
    site.config.global = {"stats socket " + plain + " mode 600 level user",
                          "stats socket " + exposing + " level admin expose-fd listeners"};
    site.write();
    Daemon daemon(site);
    check_handed_over(daemon, 3, {site.address});
    for (const std::string& path : {plain, exposing}) {
        Client client("unix@" + path);
        REQUIRE(client.problem() == 0);
        CHECK(client.send("show info\n"));
        const auto info = client.rest();
        REQUIRE(info);
        CHECK(info->find(fmt::format("Pid: {}\n", serving_pid(daemon.status()))) !=
              std::string::npos);
    }
}

TEST_CASE("a configuration that allows one session on its stats sockets can be supervised") {
    Site site;
    site.config.global = {"stats socket " + (site.folder / "stats.sock").string() + " level user",
                          "stats maxconn 1"};
    site.write();
    Daemon daemon(site, {.options = {"--ready-timeout", "3s"}});
    check_handed_over(daemon, 2, {site.address});
}

TEST_CASE("300 sockets, more than one message of the kernel carries, are handed over") {
    Site site;
    const unsigned first = free_ports(300);
    site.config.binds = {fmt::format("127.0.0.1:{}-{}", first, first + 299)};
    site.write();
    Daemon daemon(site);
    std::vector<std::string> all;
    for (unsigned i = 0; i < 300; ++i)
        all.push_back(fmt::format("127.0.0.1:{}", first + i));
    check_handed_over(daemon, 300, all);
}

TEST_CASE("2,000 sockets are handed over") {
    Site site;
    const unsigned first = free_ports(2000);
    site.config.binds = {fmt::format("127.0.0.1:{}-{}", first, first + 1999)};
    site.write();
    Daemon daemon(site);
    std::vector<std::string> some;
    for (unsigned i = 0; i < 2000; i += 37)
        some.push_back(fmt::format("127.0.0.1:{}", first + i));
    check_handed_over(daemon, 2000, some);
}

TEST_CASE("a port that the configuration no longer has refuses at once") {
    Site site;
    const std::string removed = fmt::format("127.0.0.1:{}", free_port());
    const std::string path = (site.folder / "web.sock").string();
    site.config.binds = {site.address, removed, "unix@" + path};
    site.write();
    Daemon daemon(site);
    CHECK(try_connect(removed) == 0);
    CHECK(try_connect("unix@" + path) == 0);

    site.config.binds = {site.address};
    site.write();
    REQUIRE(daemon.reload().code == 0);
    // The old generation closes its own descriptor within milliseconds of being told.
    CHECK(eventually([&] { return try_connect(removed) == ECONNREFUSED; }, 1s));
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(sockets_of(daemon.status()).size() == 1);
    CHECK(comes_to_serve(site.address, "2"));
}

TEST_CASE("a port that the configuration adds is adopted, and handed over from then on") {
    Site site;
    const std::string added = fmt::format("127.0.0.1:{}", free_port());
    Daemon daemon(site);
    const auto before = sockets_of(daemon.status());

    site.config.binds = {site.address, added};
    site.write();
    REQUIRE(daemon.reload().code == 0);
    const auto after = sockets_of(daemon.status());
    CHECK(after.size() == 2);
    CHECK(after.find(site.address)->second == before.find(site.address)->second);
    CHECK(served_by(added) == "2");
    check_handed_over(daemon, 2, {site.address, added});
}
