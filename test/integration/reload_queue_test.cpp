// Many callers at once: one reload at a time, and every caller gets the result of one that began
// after its request.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"

#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

using namespace support;

namespace {

/// Connections to a control socket that nobody has accepted yet: rows of /proc/net/unix with state
/// 02 and the path under which a supervisor binds its own.
std::size_t callers_in_queue() {
    std::ifstream file("/proc/net/unix");
    std::size_t count = 0;
    for (std::string row; std::getline(file, row);) {
        std::istringstream words(row);
        std::string number, references, protocol, flags, type, state;
        words >> number >> references >> protocol >> flags >> type >> state;
        count += state == "02" && row.ends_with("/new.sock") ? 1U : 0U;
    }
    return count;
}

} // namespace

TEST_CASE("20 reload requests at once become at most 3 reloads, and all succeed") {
    Site site;
    Daemon daemon(site);
    std::vector<Process> callers;
    // At once, however long it takes to start 20 callers: the supervisor looks when all have asked.
    daemon.process().signal(SIGSTOP);
    for (int i = 0; i < 20; ++i)
        callers.push_back(daemon.start_ctl({"reload", "--json"}));
    CHECK(eventually([&] { return callers_in_queue() == 20; }));
    daemon.process().signal(SIGCONT);
    std::set<std::string> ids;
    for (Process& caller : callers) {
        const auto end = caller.ended(20s);
        INFO(caller.out() << caller.err());
        CHECK(end == Ended{0, 0});
        ids.insert(text(parse_object(caller.out()), "id"));
    }
    CHECK(!ids.empty());
    CHECK(ids.size() <= 3);
    CHECK(serving_id(daemon.status()) == static_cast<std::int64_t>(1 + ids.size()));
}

TEST_CASE("a request that arrives during a reload gets a reload that sees the newer files") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    write_file(control, "late");
    Process first = daemon.start_ctl({"reload"});
    CHECK(eventually([&] { return first.out().find("requested") != std::string::npos; }));
    Process second = daemon.start_ctl({"reload", "--json"});
    CHECK(first.ended(20s) == Ended{0, 0});
    CHECK(second.ended(20s) == Ended{0, 0});
    CHECK(text(parse_object(second.out()), "from") == "2");
    CHECK(text(parse_object(second.out()), "to") == "3");
}

TEST_CASE("a file that changes while it is being loaded is not committed") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    write_file(control, "late");
    Process caller = daemon.start_ctl({"reload", "--json"});
    CHECK(eventually(
        [&] { return daemon.log().find("generation=2 phase=starting") != std::string::npos; }));
    site.config.global.emplace_back("description changed");
    site.write();
    REQUIRE(caller.ended(20s));
    const auto report = parse_object(caller.out());
    CHECK(text(report, "result") == "rejected");
    CHECK(text(report, "reason") == "the configuration changed while it was being loaded");
    CHECK(serving_id(daemon.status()) == 1);
}

TEST_CASE("a reload with --if-changed does nothing while the configuration text is the same") {
    Site site;
    Daemon daemon(site);
    Reload reload = to_reload(daemon.ctl({"reload", "--if-changed", "--json"}));
    CHECK(reload.code == 0);
    CHECK(text(reload.report, "result") == "unchanged");
    CHECK(text(reload.report, "to") == "1");
    CHECK(serving_id(daemon.status()) == 1);

    site.config.global.emplace_back("description changed");
    site.write();
    reload = to_reload(daemon.ctl({"reload", "--if-changed", "--json"}));
    CHECK(reload.code == 0);
    CHECK(text(reload.report, "result") == "committed");
    CHECK(serving_id(daemon.status()) == 2);
}

TEST_CASE("a caller may leave with --no-wait, or lose its patience with --timeout") {
    Site site;
    const std::string control = (site.folder / "misbehave").string();
    Daemon daemon(site, {.proxy = {MISBEHAVING_PROXY, "-f", site.file},
                         .environment = {"MISBEHAVE=" + control}});
    const CommandResult asked = daemon.ctl({"reload", "--no-wait"});
    CHECK(asked.code() == 0);
    CHECK(asked.out == "reload 2 requested\n");
    CHECK(eventually([&] { return serving_id(daemon.status()) == 2; }));

    write_file(control, "late");
    const CommandResult impatient = daemon.ctl({"reload", "--timeout", "300ms"});
    CHECK(impatient.code() == 14);
    CHECK(impatient.err == "reloadctl: no answer in time, outcome unknown\n");
    CHECK(eventually([&] { return serving_id(daemon.status()) == 3; }));
}
