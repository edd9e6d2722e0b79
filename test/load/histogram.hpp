// Owns a latency histogram of fixed size: exact below 128 us, within 1.6 % above.
#pragma once

#include "clock.hpp"

#include <array>
#include <cstdint>

namespace load {

class Histogram {
public:
    void add(Duration value);

    std::uint64_t count() const { return count_; }
    Duration max() const { return max_; }

    /// The smallest recorded value that `fraction` of all values do not exceed, rounded up to the
    /// end of its bucket but never above max(). Zero when nothing was recorded.
    Duration quantile(double fraction) const;

private:
    // Values are microseconds. Each power of two from 128 on is cut in 64 equal buckets;
    // 2^36 us is 19 hours.
    static constexpr unsigned exact_bits = 7;
    static constexpr unsigned value_bits = 36;
    static constexpr std::size_t half = std::size_t{1} << (exact_bits - 1);
    static constexpr std::size_t buckets = (value_bits - exact_bits + 2) * half;

    static std::size_t bucket_of(std::uint64_t microseconds);
    static std::uint64_t end_of(std::size_t bucket);

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    Duration max_{};
};

} // namespace load
