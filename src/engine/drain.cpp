#include "engine/drain.hpp"

#include "engine/report.hpp"
#include <reload/duration.hpp>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace reload {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

/// How often a draining generation is asked what it has left: often at first, when most leave.
constexpr std::chrono::milliseconds first_look = 20ms;
constexpr std::chrono::milliseconds longest_look = 1s;
constexpr std::chrono::milliseconds report_patience = 1s;
constexpr std::chrono::milliseconds queue_look = 10ms;
constexpr unsigned wanted_empty_looks = 10;
constexpr std::chrono::milliseconds longest_emptying = 2s;
constexpr std::chrono::milliseconds longest_steering = 3s;
/// Between the polite end and SIGKILL.
constexpr auto stop_grace = 2s;

std::string left_text(const Generation& generation) {
    if (!generation.last_report)
        return "connections=unknown";
    return fmt::format("connections={}", generation.last_report->connections);
}

/// The old sockets' queues, which get nothing new any more, are emptied by the generation that
/// still accepts from them. Bounded: a proxy that accepts nothing must not hold up its own end.
Awaitable<void> empty_queues(World& world, GenerationPtr generation) {
    Proxy& proxy = *generation->proxy;
    const TimePoint deadline = world.clock.now() + longest_emptying;
    // A handshake that began before the steering ends in an old queue yet: look more than once.
    unsigned empty_looks = 0;
    while (proxy.alive() && empty_looks < wanted_empty_looks && world.clock.now() < deadline) {
        co_await (proxy.exited() || generation->end_now.wait() ||
                  world.clock.sleep_for(queue_look));
        if (generation->end_now.is_set())
            break;
        std::uint64_t waiting = 0;
        for (const ListeningSocketPtr& socket : generation->left_behind)
            waiting += world.proxies.accept_queue(*socket).value_or(0);
        empty_looks = waiting == 0 ? empty_looks + 1 : 0;
    }
    generation->left_behind.clear();
    proxy.signal(world.dialect.drain_signal);
}

/// Once the old sockets are closed the kernel may choose again; a steering that stayed would send
/// connections to the next candidate before its time.
void end_steering(World& world, Generation& generation) {
    for (const ListeningSocketPtr& member : generation.steered)
        world.proxies.end_steering(*member);
    generation.steered.clear();
}

/// Returns true when the generation left by itself before its deadline.
Awaitable<bool> left_by_itself(World& world, GenerationPtr generation) {
    Proxy& proxy = *generation->proxy;
    const bool bounded = world.config.drain_timeout.count() > 0;
    const TimePoint deadline =
        bounded ? world.clock.now() + world.config.drain_timeout : TimePoint::max();
    bool counting = true;
    std::chrono::milliseconds look = first_look;
    while (proxy.alive() && !generation->end_now.is_set() && world.clock.now() < deadline) {
        const TimePoint next = counting ? std::min(deadline, world.clock.now() + look) : deadline;
        co_await (proxy.exited() || generation->end_now.wait() || world.clock.sleep_until(next));
        look = std::min(look * 2, longest_look);
        if (!proxy.alive() || !counting)
            continue;
        const auto report = co_await ask_report(world, generation, report_patience);
        if (report && report->stopping)
            end_steering(world, *generation); // HAProxy reports it after it closed its listeners
        else if (report)
            // A master of HAProxy 2.6 that still re-executes itself into its wait mode, after its
            // worker has answered, loses what its handler has taken by then.
            proxy.signal(world.dialect.drain_signal);
        if ((report && report->stopping && report->connections == 0) ||
            generation->channel_broken) {
            // Nothing is left to count, or nobody to tell. An open admin connection is a job that
            // keeps a draining HAProxy alive.
            proxy.close_admin();
            counting = false;
        }
    }
    co_return !proxy.alive();
}

/// Runs until a draining generation is gone.
Awaitable<void> drain(World& world, GenerationPtr generation) {
    Proxy& proxy = *generation->proxy;
    if (!generation->left_behind.empty())
        co_await empty_queues(world, generation);
    const bool by_itself = co_await left_by_itself(world, generation);
    if (!by_itself) {
        world.notice(LogLevel::warning, fmt::format("generation={} drain cut short, {}",
                                                    generation->id, left_text(*generation)));
        proxy.signal(world.dialect.stop_signal);
        co_await (proxy.exited() || world.clock.sleep_for(stop_grace));
        if (proxy.alive())
            proxy.kill();
    }
    const ExitStatus status = co_await proxy.exited();
    end_steering(world, *generation);
    const double took = milliseconds_between(generation->started, world.clock.now());
    world.change(*generation, GenerationEvent::left,
                 fmt::format("{}, age={}", to_string(status), format_milliseconds(took)));
}

} // namespace

void retire(World& world, GenerationPtr generation, std::string reason) {
    world.change(*generation, GenerationEvent::told_to_drain, std::move(reason));
    if (generation->left_behind.empty()) // else it empties their queues first
        generation->proxy->signal(world.dialect.drain_signal);
    world.tasks.start(drain(world, std::move(generation)));
}

Awaitable<void> wait_for_steering(World& world) {
    const TimePoint deadline = world.clock.now() + longest_steering;
    const auto steers = [](const GenerationPtr& one) {
        return !one->steered.empty();
    };
    while (std::any_of(world.generations.begin(), world.generations.end(), steers) &&
           world.clock.now() < deadline && !world.stop.is_set())
        co_await (world.clock.sleep_for(queue_look) || world.stop.wait());
}

void bound_draining(World& world) {
    const auto draining = [](const GenerationPtr& one) {
        return one->phase == Phase::draining;
    };
    auto count = std::count_if(world.generations.begin(), world.generations.end(), draining);
    for (const GenerationPtr& one : world.generations) { // oldest first
        if (count <= static_cast<std::ptrdiff_t>(world.config.max_generations))
            return;
        if (!draining(one))
            continue;
        one->end_now.set();
        --count;
    }
}

} // namespace reload
