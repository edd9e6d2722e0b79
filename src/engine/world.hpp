// What the coroutines of the engine share: the ledger of generations, the held sockets, the ports.
// Everything runs on one thread.
#pragma once

#include "engine/tasks.hpp"
#include "model/generation.hpp"
#include "port/clock.hpp"
#include "port/latch.hpp"
#include "port/proxy.hpp"

#include <reload/config.hpp>
#include <reload/event.hpp>

#include <memory>
#include <vector>

namespace reload {

/// The ledger's entry of one generation.
struct Generation {
    Generation(const asio::any_io_executor& executor, GenerationId number)
        : id(number), end_now(executor), report_arrived(executor) {}

    const GenerationId id;
    Phase phase = Phase::starting;
    std::unique_ptr<Proxy> proxy; ///< null until started
    std::shared_ptr<const ConfigText> text;
    TimePoint started;
    std::chrono::system_clock::time_point started_at;
    TimePoint ready_at;
    pid_t serving_pid = 0; ///< as the proxy reported it; 0 before
    Latch end_now;         ///< a drain is to be cut short

    /// Sockets whose queues only this generation empties: its successor listens at their addresses
    /// with sockets of its own, of which `steered` has one per address.
    std::vector<ListeningSocketPtr> left_behind;
    std::vector<ListeningSocketPtr> steered;

    // The last report, kept by engine/report.
    std::optional<ProxyReport> last_report;
    bool asking = false;
    bool channel_broken = false;
    Condition report_arrived;
};
using GenerationPtr = std::shared_ptr<Generation>;

struct World {
    World(asio::any_io_executor executor, const Config& config, const Dialect& dialect,
          Proxies& proxies, Clock& clock, EventSink events);

    /// A new entry in the ledger, phase starting.
    GenerationPtr new_generation(std::shared_ptr<const ConfigText> text);
    /// Moves a generation to its next phase and says so. A change that the table doesn't know is a
    /// bug: it throws std::logic_error.
    void change(Generation& generation, GenerationEvent event, std::string detail = {});
    /// Takes an over generation out of the ledger.
    void forget(const Generation& generation);
    void notice(LogLevel level, std::string text) const;

    asio::any_io_executor executor;
    const Config& config;
    const Dialect& dialect;
    Proxies& proxies;
    Clock& clock;
    EventSink events;

    std::vector<GenerationPtr> generations; ///< those that are not over, oldest first
    GenerationPtr serving;                  ///< null before the first commit and after a death
    std::vector<ListeningSocketPtr> held;   ///< the listening sockets that outlive every proxy

    /// Set while a replacement for a dead generation is on its way; set it to call that off.
    std::shared_ptr<Latch> recovery_called_off;
    unsigned young_deaths = 0; ///< serving generations in a row that died young

    /// With OnCrash::exit: how the serving generation died.
    std::optional<ExitStatus> crash;

    GenerationId last_generation = 0;
    Latch stop;  ///< asked to stop: nothing new is started any more
    Tasks tasks; ///< last member: its tasks refer to all of the above
};

} // namespace reload
