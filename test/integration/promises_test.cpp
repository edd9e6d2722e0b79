// The five promises, word for word, each as a test that fails without it. Promises are more than
// one scenario: the other files of this folder hold the rest.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/load.hpp"
#include "support/load_checks.hpp"
#include "support/proc.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <fmt/format.h>

using namespace support;

namespace {

/// A reloadd around a haproxy that fails on demand.
struct Rehearsal {
    explicit Rehearsal(std::vector<std::string> options = {})
        : control((site.folder / "misbehave").string()),
          daemon(site, {.options = std::move(options),
                        .proxy = {MISBEHAVING_PROXY, "-f", site.file},
                        .environment = {"MISBEHAVE=" + control}}) {}

    void misbehave(const std::string& how) const { write_file(control, how); }
    void behave() const { std::filesystem::remove(control); }

    Site site;
    std::string control;
    Daemon daemon;
};

std::string connections_of(const Daemon& daemon, std::int64_t id) {
    return text(generation(daemon.status(), id), "connections");
}

/// Seconds since a time in RFC 3339.
double age_of(const std::string& time) {
    std::tm parts{};
    REQUIRE(::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) != nullptr);
    return std::difftime(std::time(nullptr), ::timegm(&parts));
}

} // namespace

TEST_CASE("The serving generation serves until its successor has proven itself.", "[promise-1]") {
    const Rehearsal rehearsal({"--ready-timeout", "3s"});
    const std::string& address = rehearsal.site.address;
    Load load({.targets = {address}, .rate = 1000, .keepalive = 20, .duration = 7s});

    // A successor that never proves itself never serves.
    rehearsal.misbehave("hang");
    CHECK(rehearsal.daemon.reload().code == 11);
    CHECK(served_by(address) == "1");

    // One that takes its time serves when it is ready, not before.
    rehearsal.misbehave("late");
    Process caller = rehearsal.daemon.start_ctl({"reload"});
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < 1s) // it needs 1.5 s
        CHECK(served_by(address) == "1");
    CHECK(caller.running());
    CHECK(caller.ended(10s) == Ended{0, 0});
    CHECK(comes_to_serve(address, "3"));

    const LoadReport report = load.finish();
    CHECK_NOTHING_LOST(report);
    CHECK(report.served_by.size() == 2);
}

TEST_CASE("A refused reload changes nothing: same process, same sockets, same connections.",
          "[promise-2]") {
    const Rehearsal rehearsal({"--ready-timeout", "500ms"});
    const Site& site = rehearsal.site;
    const Daemon& daemon = rehearsal.daemon;
    Client kept(site.address);
    const auto first = kept.get();
    REQUIRE(first);
    HeldRequest held(site.address);
    CHECK(eventually([&] { return connections_of(daemon, 1) == "2"; }));
    const auto before = daemon.status();
    const pid_t worker = serving_pid(before);
    const std::vector<std::uint64_t> open = socket_inodes(worker);

    const auto check_unchanged = [&] {
        const auto now = daemon.status();
        CHECK(serving_id(now) == 1);
        CHECK(serving_pid(now) == worker);
        CHECK(sockets_of(now) == sockets_of(before));
        CHECK(socket_inodes(worker) == open); // listening ones and connections alike
        CHECK(connections_of(daemon, 1) == "2");
        const auto answer = kept.get();
        REQUIRE(answer);
        CHECK(answer->served_by == "1");
        CHECK_FALSE(held.closed());
    };

    for (const char* const how : {"crash", "exit", "hang", "check-crash"}) {
        INFO(how);
        rehearsal.misbehave(how);
        CHECK(daemon.reload().code >= 10);
        check_unchanged();
    }
    rehearsal.behave();
    site.write_broken();
    CHECK(daemon.reload().code == 10);
    check_unchanged();
    {
        const std::uint16_t busy = free_port();
        const Listener holder(busy);
        HaproxyConfig config = site.config;
        config.binds.push_back(fmt::format("127.0.0.1:{}", busy));
        write_file(site.file, config.text());
        CHECK(daemon.reload().code == 11);
        check_unchanged();
    }
    const auto answer = held.finish();
    REQUIRE(answer);
    CHECK(answer->served_by == "1");
}

TEST_CASE("Listening sockets outlive every proxy process. When a worker is killed, clients wait; "
          "they are not refused.",
          "[promise-3]") {
    const Rehearsal rehearsal;
    const std::string& address = rehearsal.site.address;
    const auto sockets = sockets_of(rehearsal.daemon.status());
    Load load({.targets = {address}, .rate = 300, .duration = 5s});
    rehearsal.misbehave("late"); // for well over a second no proxy process is there
    const pid_t worker = serving_pid(rehearsal.daemon.status());
    kill_process(worker, SIGKILL);
    CHECK(eventually([&] { return serving_id(rehearsal.daemon.status()) == 0; }));
    CHECK(sockets_of(rehearsal.daemon.status()) == sockets);

    const auto began = std::chrono::steady_clock::now();
    const auto answer = get(address);
    REQUIRE(answer);
    CHECK(answer->served_by == "2");
    CHECK(std::chrono::steady_clock::now() - began > 300ms); // it did wait
    CHECK(sockets_of(rehearsal.daemon.status()) == sockets);
    CHECK_ONLY_IN_FLIGHT_LOST(load.finish(), 10);
}

TEST_CASE("An accepted connection is finished by the generation that accepted it, or closed at a "
          "deadline that the operator set. Never otherwise.",
          "[promise-4]") {
    {
        Site site;
        Daemon daemon(site);
        HeldRequest held(site.address);
        CHECK(eventually([&] { return connections_of(daemon, 1) == "1"; }));
        for (int i = 0; i < 3; ++i)
            REQUIRE(daemon.reload().code == 0);
        kill_process(serving_pid(daemon.status()),
                     SIGKILL); // the end of another one is not its end
        CHECK(eventually([&] { return serving_id(daemon.status()) == 5; }));
        CHECK_FALSE(held.closed());
        const auto answer = held.finish();
        REQUIRE(answer);
        CHECK(answer->served_by == "1");
        CHECK(answer->body == "hello");
    }
    Site site;
    Daemon daemon(site, {.options = {"--drain-timeout", "2s"}});
    HeldRequest quick(site.address);
    HeldRequest slow(site.address);
    CHECK(eventually([&] { return connections_of(daemon, 1) == "2"; }));
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(daemon.reload().code == 0);
    const auto answer = quick.finish();
    REQUIRE(answer);
    CHECK(answer->served_by == "1");
    CHECK(eventually([&] { return slow.closed(); }));
    CHECK(std::chrono::steady_clock::now() - began >= 2s);
    CHECK(eventually([&] { return generation(daemon.status(), 1).empty(); }));
}

TEST_CASE("It is always known what runs: which process, which configuration text, since when, with "
          "how many connections left.",
          "[promise-5]") {
    Site site;
    Daemon daemon(site);
    const auto hash_of = [](const boost::json::object& status) {
        return text(status.at("config").as_object(), "hash");
    };
    const auto first = daemon.status();
    const std::string first_hash = hash_of(first);
    CHECK(first_hash.size() == 64);
    HeldRequest held(site.address);
    CHECK(eventually([&] { return connections_of(daemon, 1) == "1"; }));

    // Another text on disk is not what runs, until it is loaded.
    site.config.global.emplace_back("description another text");
    site.write();
    CHECK(hash_of(daemon.status()) == first_hash);
    CHECK(daemon.status().at("config").at("differs_from_disk").as_bool());
    REQUIRE(daemon.reload().code == 0);
    const auto second = daemon.status();
    CHECK(hash_of(second) != first_hash);
    CHECK_FALSE(second.at("config").at("differs_from_disk").as_bool());

    // Both generations, each with its own facts.
    const auto old = generation(second, 1);
    CHECK(text(old, "phase") == "draining");
    CHECK(text(old, "config_hash") == first_hash);
    CHECK(text(old, "connections") == "1");
    CHECK(text(generation(second, 2), "config_hash") == hash_of(second));
    for (const std::int64_t id : {1, 2}) {
        const auto one = generation(second, id);
        const auto pid = one.at("pid").to_number<pid_t>();
        CHECK(command_line(pid).front() == "/usr/sbin/haproxy");
        CHECK(age_of(text(one, "started_at")) >= 0);
        CHECK(age_of(text(one, "started_at")) < 30);
        CHECK(one.at("rss_kib").to_number<std::uint64_t>() > 1000);
    }
    // The process it names is the one that listens.
    const std::vector<std::uint64_t> open = socket_inodes(serving_pid(second));
    for (const auto& [address, inode] : sockets_of(second))
        CHECK(std::count(open.begin(), open.end(), inode) == 1);

    REQUIRE(held.finish());
    CHECK(eventually([&] { return generation(daemon.status(), 1).empty(); }));
    // A generation that replaced a dead one is known by the same text and by its own process.
    const pid_t worker = serving_pid(daemon.status());
    kill_process(worker, SIGKILL);
    CHECK(eventually([&] { return serving_id(daemon.status()) == 3; }));
    const auto third = daemon.status();
    CHECK(serving_pid(third) != worker);
    CHECK(alive(serving_pid(third)));
    CHECK(hash_of(third) == hash_of(second));
    // And so is the last reload, a refused one too.
    site.write_broken();
    CHECK(daemon.reload().code == 10);
    const auto last = daemon.status().at("last_reload").as_object();
    CHECK(text(last, "result") == "rejected");
    CHECK(text(last, "reason").find("no-such-keyword") != std::string::npos);
}
