#include "engine/reload_queue.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace reload {

ReloadRunPtr ReloadQueue::request(bool if_changed) {
    ReloadRunPtr run = next_;
    if (!run) {
        run = std::make_shared<ReloadRun>(world_.executor);
        run->request.id = ++last_id_;
        run->request.if_changed = true; // until somebody wants more
        run->request.requested = world_.clock.now();
    }
    run->request.if_changed = run->request.if_changed && if_changed;
    ++run->callers;
    if (world_.stop.is_set()) {
        refuse(*run);
    } else if (!next_) {
        next_ = run;
        wanted_.notify_all();
    }
    return run;
}

void ReloadQueue::refuse(ReloadRun& run) {
    ReloadReport report;
    report.id = run.request.id;
    report.stage = word(Stage::stop);
    report.reason = "the supervisor is stopping";
    run.outcome = ReloadOutcome{std::move(report), std::nullopt, nullptr};
    run.changed.notify_all();
}

Awaitable<void> ReloadQueue::work() {
    using namespace asio::experimental::awaitable_operators;
    while (!world_.stop.is_set()) {
        if (!next_) {
            co_await (wanted_.wait() || world_.stop.wait());
            continue;
        }
        const ReloadRunPtr run = std::exchange(next_, nullptr);
        if (run->callers > 1)
            world_.notice(LogLevel::info, fmt::format("reload={} answers {} requests",
                                                      run->request.id, run->callers));
        std::function<void(const StepDone&)> on_step = [&run](const StepDone& step) {
            run->steps.push_back(step);
            run->changed.notify_all();
        };
        run->outcome = co_await reload_once(world_, run->request, on_step);
        last_ = run->outcome->report;
        run->changed.notify_all();
    }
    if (next_)
        refuse(*std::exchange(next_, nullptr));
}

Awaitable<void> wait_for(ReloadRunPtr run) {
    while (!run->outcome)
        co_await run->changed.wait();
}

} // namespace reload
