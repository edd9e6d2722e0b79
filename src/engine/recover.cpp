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

/// What a replacement is to run.
struct Replacement {
    std::shared_ptr<const ConfigText> text;
    TextSource source = TextSource::disk;
};

/// A failure may pass; several in a row say that the text can't be started any more.
constexpr unsigned patience = 3;

/// The text that served, not what the files hold meanwhile: nobody has asked for that yet. Only
/// when that text can't be started any more (a certificate that it names may be gone) the files get
/// their turn, every other time: a configuration that nobody asked for serves better than none.
Replacement choose(World& world, std::shared_ptr<const ConfigText> served, unsigned failures) {
    auto on_disk = world.proxies.read_config();
    if (!on_disk)
        return {std::move(served), TextSource::snapshot};
    if (on_disk->hash == served->hash)
        return {std::move(served), TextSource::disk};
    if (failures < patience || (failures - patience) % 2 != 0)
        return {std::move(served), TextSource::snapshot};
    world.notice(LogLevel::error, "what served can't be started; trying the files on disk, which "
                                  "differ from it");
    return {std::make_shared<const ConfigText>(std::move(*on_disk)), TextSource::disk};
}

/// How a try ended.
enum class Try { succeeded, called_off, failed };

Awaitable<Try> try_to_replace(World& world, Replacement replacement,
                              std::shared_ptr<Latch> called_off) {
    BringUp up = co_await bring_up(world, replacement.text, replacement.source, called_off);
    std::string reason = up.failure.reason;
    if (up.generation && replacement.source == TextSource::disk &&
        !still_on_disk(world, *replacement.text)) {
        reason = changed_while_loaded;
        co_await put_down(world, up.generation, reason);
    } else if (up.generation) {
        auto take_over = co_await prepare_take_over(world, up.generation);
        if (take_over && !called_off->is_set() && !world.stop.is_set()) {
            world.recovery_called_off.reset();
            make_serving(world, up.generation, std::move(*take_over));
            co_return Try::succeeded;
        }
        reason = take_over ? "no longer needed" : to_line(take_over.error());
        co_await put_down(world, up.generation, reason);
    }
    if (called_off->is_set() || world.stop.is_set())
        co_return Try::called_off;
    ++world.young_deaths;
    world.notice(LogLevel::error, "the replacement did not start: " + reason);
    co_return Try::failed;
}

Awaitable<void> replace(World& world, std::shared_ptr<const ConfigText> text) {
    auto called_off = std::make_shared<Latch>(world.executor);
    world.recovery_called_off = called_off;
    Try last = Try::called_off;
    unsigned failures = 0;
    do {
        const auto delay = restart_delay(world.young_deaths);
        if (delay.count() > 0) {
            world.notice(LogLevel::warning,
                         fmt::format("next start in {}",
                                     format_milliseconds(static_cast<double>(delay.count()))));
            co_await (world.clock.sleep_for(delay) || called_off->wait() || world.stop.wait());
        }
        if (called_off->is_set() || world.stop.is_set())
            break;
        Replacement replacement = choose(world, text, failures);
        last = co_await try_to_replace(world, replacement, called_off);
        ++failures;
    } while (last == Try::failed);
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
