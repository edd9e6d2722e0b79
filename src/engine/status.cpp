// Composes `reloadctl status` from the ledger, the held sockets and the proxies' own words.
#include "engine/report.hpp"
#include "engine/supervision.hpp"

#include <reload/version.hpp>

#include <unistd.h>

namespace reload {
namespace {

/// A generation that does not answer must not hold up the status of the others.
constexpr std::chrono::milliseconds report_patience{500};

Awaitable<GenerationStatus> describe(World& world, GenerationPtr generation) {
    GenerationStatus status;
    status.id = generation->id;
    status.phase = generation->phase;
    status.started_at = generation->started_at;
    status.config_hash = generation->text->hash;
    status.pid = generation->serving_pid;
    if (status.pid == 0 && generation->proxy)
        status.pid = generation->proxy->pid();
    const bool answers =
        generation->phase == Phase::serving || generation->phase == Phase::draining;
    if (answers) {
        const auto report = co_await ask_report(world, generation, report_patience);
        if (report)
            status.connections = report->connections;
    }
    if (generation->proxy && generation->proxy->alive())
        status.rss_kib = world.proxies.resident_kib(status.pid);
    co_return status;
}

std::string_view state_of(const World& world) {
    if (world.stop.is_set())
        return "stopping";
    if (world.serving)
        return "serving";
    return world.recovery_called_off ? "recovering" : "starting";
}

} // namespace

Awaitable<Status> Supervision::status() {
    Status status;
    status.version = version;
    status.pid = ::getpid();
    status.name = world_.config.name;
    status.state = state_of(world_);
    status.serving = serving();
    status.last_reload = queue_.last();
    if (world_.serving) {
        status.config_hash = world_.serving->text->hash;
        const auto on_disk = world_.proxies.read_config();
        status.differs_from_disk = !on_disk || on_disk->hash != status.config_hash;
    }
    for (const ListeningSocketPtr& socket : world_.held) {
        SocketStatus one;
        one.address = socket->address;
        one.type = socket->type;
        one.inode = socket->inode;
        one.accept_queue = world_.proxies.accept_queue(*socket);
        status.sockets.push_back(std::move(one));
    }
    const std::vector<GenerationPtr> generations = world_.generations; // it may change meanwhile
    for (const GenerationPtr& generation : generations) {
        GenerationStatus one = co_await describe(world_, generation);
        status.generations.push_back(std::move(one));
    }
    co_return status;
}

} // namespace reload
