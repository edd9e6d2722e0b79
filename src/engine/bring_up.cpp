#include "engine/bring_up.hpp"

#include "engine/drain.hpp"

#include <reload/duration.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace reload {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

/// How long an asked candidate has to leave before it is killed, and how long the exit of a process
/// may trail the end of its channel.
constexpr auto leave_grace = 2s;

/// To find a holder is to look through every process.
constexpr std::size_t most_addresses_named = 3;

/// The reason of a start that ended by itself: the address it could not get, with its holder where
/// the kernel tells, else the proxy's first complaint.
std::string reason_of_exit(World& world, ExitStatus status, std::string_view output) {
    std::string reason;
    const std::vector<BindFailure> failures = world.dialect.bind_failures(output);
    for (std::size_t i = 0; i < failures.size() && i < most_addresses_named; ++i) {
        reason += fmt::format("{}{}: {}", reason.empty() ? "" : "; ", failures[i].address,
                              failures[i].cause);
        const std::string holder = world.proxies.holder_of(failures[i].address);
        if (!holder.empty())
            reason += fmt::format(" (held by {})", holder);
    }
    if (failures.size() > most_addresses_named)
        reason += fmt::format("; and {} more", failures.size() - most_addresses_named);
    if (reason.empty())
        reason = world.dialect.first_complaint(output);
    const std::string ended = to_string(status);
    return reason.empty() ? "the proxy ended: " + ended : fmt::format("{} ({})", reason, ended);
}

Awaitable<void> never_unless(std::shared_ptr<Latch> latch) {
    if (latch) {
        co_await latch->wait();
        co_return;
    }
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await never.async_wait(token);
}

/// The race for readiness; nothing when the generation answered.
Awaitable<std::optional<BringUpFailure>> wait_until_ready(World& world, GenerationPtr generation,
                                                          std::shared_ptr<Latch> called_off) {
    Proxy& proxy = *generation->proxy;
    BringUpFailure failure;
    failure.stage = Stage::ready;

    auto outcome = co_await (proxy.report() || proxy.exited() ||
                             world.clock.sleep_for(world.config.ready_timeout) ||
                             world.stop.wait() || never_unless(called_off));
    if (outcome.index() == 0) {
        const auto& report = std::get<0>(outcome);
        if (report) {
            generation->serving_pid = report->pid;
            generation->last_report = *report;
            co_return std::nullopt;
        }
        // The channel broke: most likely the process is about to be seen dead.
        co_await (proxy.exited() || world.clock.sleep_for(leave_grace));
        failure.reason = to_line(report.error());
    } else if (outcome.index() == 2) {
        failure.reason = fmt::format(
            "not ready within {}",
            format_milliseconds(static_cast<double>(world.config.ready_timeout.count())));
    } else if (outcome.index() == 3) {
        failure.stage = Stage::stop;
        failure.reason = "asked to stop";
    } else if (outcome.index() == 4) {
        failure.reason = "no longer needed";
    }
    if (!proxy.alive()) {
        const ExitStatus status = co_await proxy.exited();
        failure.exit = status;
        failure.reason = reason_of_exit(world, status, proxy.output());
    }
    failure.output = proxy.output();
    co_return failure;
}

} // namespace

Awaitable<BringUp> bring_up(World& world, std::shared_ptr<const ConfigText> text, TextSource source,
                            std::shared_ptr<Latch> called_off) {
    BringUp result;
    co_await wait_for_steering(world);
    if (world.stop.is_set()) {
        result.failure.stage = Stage::stop;
        result.failure.reason = "asked to stop";
        co_return result;
    }
    auto generation = world.new_generation(text);

    StartRequest request;
    request.generation = generation->id;
    request.first = generation->id == 1;
    request.text = source == TextSource::snapshot ? text.get() : nullptr;
    request.sockets = world.held;

    auto proxy = world.proxies.start(request);
    if (!proxy) {
        result.failure.stage = Stage::start;
        result.failure.reason = to_line(proxy.error());
        world.change(*generation, GenerationEvent::refused, result.failure.reason);
        co_return result;
    }
    generation->proxy = std::move(*proxy);
    world.events(PhaseChanged{generation->id, Phase::starting, generation->proxy->pid(), {}});

    auto failure = co_await wait_until_ready(world, generation, called_off);
    if (failure) {
        std::string reason = failure->reason;
        co_await put_down(world, generation, reason);
        result.failure = std::move(*failure);
        co_return result;
    }
    generation->ready_at = world.clock.now();
    world.change(*generation, GenerationEvent::answered);
    result.generation = generation;
    co_return result;
}

bool still_on_disk(World& world, const ConfigText& text) {
    const auto now = world.proxies.read_config();
    return now && now->hash == text.hash;
}

Awaitable<void> put_down(World& world, GenerationPtr generation, std::string reason) {
    Proxy& proxy = *generation->proxy;
    if (generation->phase == Phase::ready && proxy.alive()) {
        retire(world, std::move(generation), std::move(reason));
        co_return;
    }
    if (proxy.alive()) {
        // It may accept from the shared sockets before it answers, so it is first asked politely.
        proxy.close_admin();
        proxy.signal(world.dialect.drain_signal);
        co_await (proxy.exited() || world.clock.sleep_for(leave_grace));
    }
    if (proxy.alive()) {
        proxy.kill();
        co_await proxy.exited();
    }
    world.change(*generation, GenerationEvent::refused, std::move(reason));
}

} // namespace reload
