// Time that stands still until it is moved: the tests' implementation of port/clock. Owns who waits
// for which moment; does not own the io_context that resumes them.
#pragma once

#include "port/clock.hpp"

#include <functional>
#include <list>
#include <optional>

namespace reload {

class ManualClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return now_; }
    Awaitable<void> sleep_until(TimePoint deadline) override;

    /// Calls `act` once `delay` has passed.
    void after(std::chrono::milliseconds delay, std::function<void()> act);
    /// The next moment that somebody waits for.
    [[nodiscard]] std::optional<TimePoint> next() const;
    /// Moves to `time` and wakes whoever waited for it or for an earlier moment.
    void move_to(TimePoint time);

private:
    struct Waiter {
        TimePoint deadline;
        std::function<void()> wake; ///< empty: woken already
    };
    class Waiting;

    TimePoint now_{std::chrono::hours(1)};
    std::list<Waiter> waiters_; ///< in the order in which they began to wait
};

} // namespace reload
