#include "engine/report.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace reload {
namespace {

Awaitable<void> ask(GenerationPtr generation) {
    const auto answer = co_await generation->proxy->report();
    generation->asking = false;
    if (answer)
        generation->last_report = *answer;
    else
        generation->channel_broken = true;
    generation->report_arrived.notify_all();
}

} // namespace

Awaitable<std::optional<ProxyReport>> ask_report(World& world, GenerationPtr generation,
                                                 std::chrono::milliseconds patience) {
    using namespace asio::experimental::awaitable_operators;
    if (!generation->proxy || generation->channel_broken)
        co_return std::nullopt;
    if (!generation->asking) {
        generation->asking = true;
        world.tasks.start(ask(generation));
    }
    const TimePoint deadline = world.clock.now() + patience;
    while (generation->asking && world.clock.now() < deadline)
        co_await (generation->report_arrived.wait() || world.clock.sleep_until(deadline));
    if (generation->asking || generation->channel_broken)
        co_return std::nullopt;
    co_return generation->last_report;
}

} // namespace reload
