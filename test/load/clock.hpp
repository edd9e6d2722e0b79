// Owns the names for time. Everything in the load client is measured on one monotonic clock.
#pragma once

#include <chrono>

namespace load {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

inline constexpr TimePoint never = TimePoint::max();

inline double as_ms(Duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

} // namespace load
