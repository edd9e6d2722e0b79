// reloadd as PID 1 of a container: no init below it, no signal that the kernel delivers by default.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/proc.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fmt/format.h>

using namespace support;

namespace {

/// A reloadd in a PID namespace of its own, with the /proc that belongs to it.
struct Container {
    explicit Container(std::vector<std::string> options = {})
        : daemon(site, {.options = std::move(options),
                        .around = {"unshare", "-pfm", "--mount-proc", "--kill-child"}}) {
        const std::vector<pid_t> inside = children(daemon.pid());
        REQUIRE(inside.size() == 1);
        init = inside.front();
    }

    /// The proxy processes as the host numbers them: status tells numbers of the namespace.
    [[nodiscard]] std::vector<pid_t> proxies() const { return children(init); }

    Site site;
    Daemon daemon; ///< its process is unshare, which leaves with the code of reloadd
    pid_t init = 0;
};

} // namespace

TEST_CASE("as PID 1 it serves and reloads") {
    Container container;
    CHECK(text(container.daemon.status(), "pid") == "1");
    CHECK(served_by(container.site.address) == "1");
    for (int i = 0; i < 3; ++i)
        CHECK(container.daemon.reload().code == 0);
    CHECK(comes_to_serve(container.site.address, "4"));
    CHECK(eventually([&] { return container.proxies().size() == 1; }));
    CHECK(zombies_of(container.init).empty());
}

TEST_CASE("as PID 1 it reaps orphans") {
    Container container;
    const auto before = container.proxies();
    const std::string orphans = "for i in 1 2 3 4 5; do (sleep 0.3 &) ; done";
    CHECK(run({"nsenter", "-t", std::to_string(container.init), "-p", "-m", "sh", "-c", orphans})
              .code() == 0);
    CHECK(eventually([&] { return container.proxies().size() == before.size() + 5; }));
    CHECK(eventually([&] { return container.proxies() == before; }));
    CHECK(container.daemon.reload().code == 0);
}

TEST_CASE("as PID 1 it replaces a worker that is killed") {
    Container container;
    REQUIRE(container.proxies().size() == 1);
    const pid_t worker = container.proxies().front();
    kill_process(worker, SIGKILL);
    CHECK(eventually([&] { return serving_id(container.daemon.status()) == 2; }));
    CHECK(served_by(container.site.address) == "2");
    CHECK(zombies_of(container.init).empty());
}

TEST_CASE("as PID 1 it leaves with 0 after TERM, every process gone") {
    Container container;
    HeldRequest held(container.site.address);
    CHECK(eventually(
        [&] { return text(generation(container.daemon.status(), 1), "connections") == "1"; }));
    kill_process(container.init, SIGTERM);
    CHECK(eventually([&] { return try_connect(container.site.address) == ECONNREFUSED; }));
    const auto answer = held.finish();
    REQUIRE(answer);
    CHECK(answer->served_by == "1");
    CHECK(container.daemon.process().ended(10s) == Ended{0, 0});
    CHECK(container.daemon.processes().empty());
    CHECK_FALSE(std::filesystem::exists(container.site.folder / "run"));
}

TEST_CASE("as PID 1, where it can't die of a signal, it leaves with 128 and the signal's number") {
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGQUIT, 131}}) {
        Container container;
        kill_process(container.init, signal);
        CHECK(container.daemon.process().ended(10s) == Ended{code, 0});
        CHECK(container.daemon.processes().empty());
    }
}

TEST_CASE("as PID 1 it reloads on HUP and stops on USR1") {
    Container container;
    kill_process(container.init, SIGHUP);
    CHECK(eventually([&] { return serving_id(container.daemon.status()) == 2; }));
    kill_process(container.init, SIGUSR1);
    CHECK(container.daemon.process().ended(10s) == Ended{0, 0});
}

TEST_CASE("a supervisor that is no PID 1 reaps what its proxies orphan") {
    // A master that is killed leaves its worker to us; neither may stay.
    Site site;
    site.config.global = {"master-worker"};
    site.write();
    Daemon daemon(site);
    const auto masters = children(daemon.pid());
    REQUIRE(masters.size() == 1);
    const pid_t worker = serving_pid(daemon.status());
    CHECK(worker != masters.front());
    kill_process(masters.front(), SIGKILL);
    CHECK(eventually([&] { return serving_id(daemon.status()) == 2; }));
    CHECK(comes_to_serve(site.address, "2"));
    CHECK(eventually([&] { return !alive(worker); }));
    CHECK(zombies_of(daemon.pid()).empty());
    CHECK(daemon.stop() == Ended{0, 0});
    CHECK(daemon.processes().empty());
}
