// Owns the arithmetic of the latency buckets.
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace load {

std::size_t Histogram::bucket_of(std::uint64_t microseconds) {
    const std::uint64_t value = std::min(microseconds, (std::uint64_t{1} << value_bits) - 1);
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > exact_bits ? width - exact_bits : 0;
    return static_cast<std::size_t>(shift * half + (value >> shift));
}

std::uint64_t Histogram::end_of(std::size_t bucket) {
    if (bucket < 2 * half)
        return bucket;
    const std::size_t shift = bucket / half - 1;
    const std::uint64_t leading = bucket - shift * half;
    return ((leading + 1) << shift) - 1;
}

void Histogram::add(Duration value) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
    ++counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(microseconds, 0)))];
    ++count_;
    max_ = std::max(max_, value);
}

Duration Histogram::quantile(double fraction) const {
    const auto wanted = static_cast<std::uint64_t>(
        std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        seen += counts_[bucket];
        if (seen >= std::max<std::uint64_t>(wanted, 1))
            return std::min<Duration>(std::chrono::microseconds(end_of(bucket)), max_);
    }
    return max_;
}

} // namespace load
