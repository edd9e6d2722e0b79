#include "engine/supervision.hpp"

#include "engine/drain.hpp"
#include <reload/duration.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <csignal>
#include <fmt/format.h>

namespace reload {

using namespace asio::experimental::awaitable_operators;

Supervision::Supervision(World& world, StartLine line)
    : world_(world), line_(std::move(line)), queue_(world), checks_(world),
      stop_mode_changed_(world.executor), ended_(world.executor) {}

void Supervision::stop(StopMode mode) {
    if (!world_.stop.is_set())
        world_.notice(LogLevel::info, "asked to stop");
    if (!world_.stop.is_set() || mode > stop_mode_) {
        stop_mode_ = mode;
        stop_deadline_ = world_.clock.now() + world_.config.stop_timeout;
    }
    world_.stop.set();
    stop_mode_changed_.notify_all();
    if (stop_mode_ == StopMode::now)
        kill_all();
}

void Supervision::die_of(int signal) {
    die_of_ = signal;
    stop(StopMode::now);
}

GenerationId Supervision::serving() const {
    return world_.serving ? world_.serving->id : 0;
}

Awaitable<Exit> Supervision::run(std::function<void()> on_serving) {
    world_.tasks.start(queue_.work());
    auto failed = co_await first_start();
    if (failed) {
        world_.stop.set();
        co_await end_all();
        ended_.set();
        co_return *failed;
    }
    if (queue_.last() && queue_.last()->result == ReloadResult::committed) {
        take_over_from_replaced();
        on_serving(); // even if it died since: it was there, and its replacement is on its way
    }
    co_await world_.stop.wait();
    co_await end_all();
    ended_.set();
    co_return exit_of_stop();
}

Awaitable<std::optional<Exit>> Supervision::first_start() {
    const ReloadRunPtr run = queue_.request(false);
    co_await wait_for(run);
    const ReloadOutcome& outcome = *run->outcome;
    if (outcome.report.result == ReloadResult::committed || world_.stop.is_set())
        co_return std::nullopt;
    // There is nothing to fall back on: leave as the proxy did.
    Exit exit;
    exit.code = 1;
    if (outcome.proxy_exit && !outcome.proxy_exit->success()) {
        exit.code = outcome.proxy_exit->code;
        exit.signal = outcome.proxy_exit->signal;
    }
    co_return exit;
}

void Supervision::take_over_from_replaced() {
    const int signal =
        line_.replaces_at_once ? world_.dialect.stop_signal : world_.dialect.drain_signal;
    for (const pid_t pid : line_.replaces)
        if (::kill(pid, signal) != 0)
            world_.notice(LogLevel::warning,
                          to_line(errno_error(Stage::start, fmt::format("replaced pid {}", pid))));
}

Awaitable<void> Supervision::end_all() {
    if (world_
            .crash) // with OnCrash::exit: nothing serves, so what still drains gets its usual time
        stop(StopMode::bounded);
    if (stop_mode_ == StopMode::now)
        kill_all();
    if (world_.serving)
        retire(world_, std::exchange(world_.serving, nullptr));
    for (const ListeningSocketPtr& socket : world_.held)
        world_.proxies.retire(*socket);
    world_.held.clear();

    bool cut = false;
    while (world_.tasks.running() > 0) {
        if (stop_mode_ == StopMode::bounded && !cut) {
            co_await (world_.tasks.wait_until_left(0) || stop_mode_changed_.wait() ||
                      world_.clock.sleep_until(stop_deadline_));
        } else {
            co_await (world_.tasks.wait_until_left(0) || stop_mode_changed_.wait());
        }
        if (stop_mode_ == StopMode::bounded && world_.clock.now() >= stop_deadline_) {
            cut = true;
            for (const GenerationPtr& generation : world_.generations)
                generation->end_now.set();
        }
    }
}

void Supervision::kill_all() {
    for (const GenerationPtr& generation : world_.generations)
        if (generation->proxy && generation->proxy->alive())
            generation->proxy->kill();
}

Exit Supervision::exit_of_stop() const {
    Exit exit;
    if (die_of_ != 0) {
        exit.signal = die_of_;
    } else if (world_.crash) {
        exit.code = world_.crash->code;
        exit.signal = world_.crash->signal;
    }
    return exit;
}

} // namespace reload
