// The main job: reloads that nobody notices, at 3,000 new connections a second.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/load.hpp"
#include "support/load_checks.hpp"

#include <cstdlib>
#include <fmt/format.h>

using namespace support;

namespace {

bool long_run() {
    const char* const asked = std::getenv("RELOAD_TEST_LONG");
    return asked != nullptr && std::string_view(asked) == "1";
}

/// Reloads, spread evenly over the time of the load; the generations that came of it.
unsigned reload_evenly(const Daemon& daemon, unsigned count, std::chrono::milliseconds over) {
    unsigned committed = 0;
    const auto began = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < count; ++i) {
        std::this_thread::sleep_until(began + over * i / count);
        const Reload reload = daemon.reload();
        INFO(reload.err << boost::json::serialize(reload.report));
        CHECK(reload.code == 0);
        committed += text(reload.report, "result") == "committed" ? 1 : 0;
    }
    return committed;
}

} // namespace

TEST_CASE("reload after reload at 3,000 new connections a second loses nothing") {
    const unsigned reloads = long_run() ? 60 : 10;
    const std::chrono::milliseconds time = long_run() ? 20s : 5s;
    Site site;
    Daemon daemon(site);
    Load load(
        {.targets = {site.address}, .rate = 3000, .keepalive = 200, .duration = time + 500ms});

    CHECK(reload_evenly(daemon, reloads, time) == reloads);

    const LoadReport report = load.finish();
    CHECK_NOTHING_LOST(report);
    CHECK(report.kept_requests > 200);
    CHECK(report.served_by.size() == reloads + 1); // every generation has answered
}

TEST_CASE("reloads lose nothing on sockets that the supervisor has bound") {
    Site site;
    const std::string v6 = fmt::format("[::1]:{}", free_port());
    const std::string path = "unix@" + (site.folder / "web.sock").string();
    const std::string abstract = fmt::format("abns@reload-test-{}", site.port);
    site.config.binds = {"fd@${web4}", "fd@${web6}", "fd@${webu}", "fd@${weba}"};
    site.write();
    Daemon daemon(site, {.options = {"--listen", "web4=" + site.address, "--listen", "web6=" + v6,
                                     "--listen", "webu=" + path, "--listen", "weba=" + abstract}});
    const auto before = sockets_of(daemon.status());
    CHECK(before.size() == 4);
    const CommandResult check = daemon.ctl({"check"});
    INFO(check.out << check.err);
    CHECK(check.code() == 0);

    Load load({.targets = {site.address, v6, path, abstract},
               .rate = 3000,
               .keepalive = 100,
               .duration = 3s});
    CHECK(reload_evenly(daemon, 6, 2500ms) == 6);
    const LoadReport report = load.finish();
    CHECK_NOTHING_LOST(report);
    CHECK(report.served_by.size() == 7);
    CHECK(sockets_of(daemon.status()) == before);
}
