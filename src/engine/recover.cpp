#include "engine/recover.hpp"

#include "engine/bring_up.hpp"
#include "engine/take_over.hpp"
#include "model/backoff.hpp"
#include <reload/duration.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace reload {
namespace {

using namespace asio::experimental::awaitable_operators;

/// One try. True when the search for a replacement is over.
Awaitable<bool> try_to_replace(World& world, std::shared_ptr<const ConfigText> text,
                               std::shared_ptr<Latch> called_off) {
    // The text that served, not what the files hold meanwhile: nobody has asked for that yet.
    const auto on_disk = world.proxies.read_config();
    const TextSource source =
        on_disk && on_disk->hash == text->hash ? TextSource::disk : TextSource::snapshot;
    BringUp up = co_await bring_up(world, text, source, called_off);
    if (!up.generation) {
        if (called_off->is_set() || world.stop.is_set())
            co_return true;
        ++world.young_deaths;
        world.notice(LogLevel::error, "the replacement did not start: " + up.failure.reason);
        co_return false;
    }
    auto take_over = co_await prepare_take_over(world, up.generation);
    if (!take_over || called_off->is_set() || world.stop.is_set()) {
        const bool over = called_off->is_set() || world.stop.is_set();
        std::string reason = take_over ? "no longer needed" : to_line(take_over.error());
        co_await put_down(world, up.generation, reason);
        co_return over;
    }
    world.recovery_called_off.reset();
    make_serving(world, up.generation, std::move(*take_over));
    co_return true;
}

Awaitable<void> replace(World& world, std::shared_ptr<const ConfigText> text) {
    auto called_off = std::make_shared<Latch>(world.executor);
    world.recovery_called_off = called_off;
    bool over = false;
    while (!over) {
        const auto delay = restart_delay(world.young_deaths);
        if (delay.count() > 0) {
            world.notice(LogLevel::warning,
                         fmt::format("next start in {}",
                                     format_milliseconds(static_cast<double>(delay.count()))));
            co_await (world.clock.sleep_for(delay) || called_off->wait() || world.stop.wait());
        }
        if (called_off->is_set() || world.stop.is_set())
            break;
        over = co_await try_to_replace(world, text, called_off);
    }
    if (world.recovery_called_off == called_off)
        world.recovery_called_off.reset();
}

} // namespace

Awaitable<void> guard(World& world, GenerationPtr generation) {
    const ExitStatus status = co_await generation->proxy->exited();
    if (generation->phase != Phase::serving)
        co_return; // it was told to drain, and engine/drain sees to its end

    const double age = milliseconds_between(generation->ready_at, world.clock.now());
    const bool young = age < static_cast<double>(mature_age.count());
    world.young_deaths = young ? world.young_deaths + 1 : 0;
    world.serving.reset();
    const std::string how = fmt::format("{}, age={}", to_string(status), format_milliseconds(age));
    world.change(*generation, GenerationEvent::left, how);
    world.notice(LogLevel::error,
                 fmt::format("generation={} died while it served: {}", generation->id, how));
    if (world.stop.is_set())
        co_return;
    if (world.config.on_crash == OnCrash::exit) {
        world.crash = status;
        world.stop.set();
        co_return;
    }
    co_await replace(world, generation->text);
}

} // namespace reload
