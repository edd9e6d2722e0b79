// Time as the engine sees it. Two implementations: the kernel's (os/steady_clock) and the manual
// clock of the tests.
#pragma once

#include "port/coroutine.hpp"

#include <chrono>

namespace reload {

using TimePoint = std::chrono::steady_clock::time_point;

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual TimePoint now() const = 0;
    /// Returns at `deadline`, or earlier when cancelled.
    virtual Awaitable<void> sleep_until(TimePoint deadline) = 0;

    Awaitable<void> sleep_for(std::chrono::milliseconds time) { return sleep_until(now() + time); }
};

/// Milliseconds between two points, for people and reports.
[[nodiscard]] inline double milliseconds_between(TimePoint from, TimePoint to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
}

} // namespace reload
