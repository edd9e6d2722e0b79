// Owns the moments at which an open loop starts its arrivals. The moments depend on the start and
// the rate alone, never on the answers: a slow server cannot slow down the load it is judged by.
#pragma once

#include "clock.hpp"

#include <cstdint>

namespace load {

class ArrivalSchedule {
public:
    ArrivalSchedule(TimePoint start, std::uint64_t per_second)
        : start_(start), per_second_(per_second) {}

    /// When the next arrival is due: the n-th at start + n/rate. `never` when the rate is zero.
    TimePoint next() const {
        if (per_second_ == 0)
            return never;
        // Whole seconds apart, so that the product cannot overflow and no rounding adds up.
        const std::uint64_t nanoseconds = (taken_ % per_second_) * 1'000'000'000 / per_second_;
        return start_ + std::chrono::seconds(taken_ / per_second_) +
               std::chrono::nanoseconds(nanoseconds);
    }

    void take() { ++taken_; }

private:
    TimePoint start_;
    std::uint64_t per_second_;
    std::uint64_t taken_ = 0;
};

} // namespace load
