// The life of a supervisor: the first start, reloads on request, the graceful stop.
#pragma once

#include "engine/check_queue.hpp"
#include "engine/reload_queue.hpp"

#include <reload/supervisor.hpp>

namespace reload {

class Supervision {
public:
    /// `line` is the proxy's start line, understood; its `replaces` are told to leave once the
    /// first generation serves. `world` must outlive this.
    Supervision(World& world, StartLine line);

    /// Runs until everything has ended. `on_serving` is called when the first generation serves.
    Awaitable<Exit> run(std::function<void()> on_serving);

    void stop(StopMode mode);
    void die_of(int signal);

    [[nodiscard]] ReloadQueue& queue() noexcept { return queue_; }
    [[nodiscard]] CheckQueue& checks() noexcept { return checks_; }
    Awaitable<Status> status();
    [[nodiscard]] GenerationId serving() const;
    /// Set when every process has ended and run() is about to return.
    [[nodiscard]] Latch& ended() noexcept { return ended_; }

private:
    Awaitable<std::optional<Exit>> first_start();
    void take_over_from_replaced();
    Awaitable<void> end_all();
    void kill_all();
    [[nodiscard]] Exit exit_of_stop() const;

    World& world_;
    StartLine line_;
    ReloadQueue queue_;
    CheckQueue checks_;
    StopMode stop_mode_ = StopMode::graceful;
    TimePoint stop_deadline_; ///< of StopMode::bounded
    int die_of_ = 0;
    Condition stop_mode_changed_;
    Latch ended_;
};

} // namespace reload
