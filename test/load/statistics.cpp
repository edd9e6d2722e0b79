// Owns the counting.
#include "statistics.hpp"

#include <algorithm>
#include <numeric>

namespace load {

std::uint64_t Tally::failed_total() const {
    return std::accumulate(failed.begin(), failed.end(), std::uint64_t{0});
}

void GapMeter::mark(TimePoint now) {
    longest_ = std::max(longest_, now - last_);
    last_ = std::max(last_, now);
}

void Statistics::count_lateness(Duration late) {
    late_max = std::max(late_max, late);
}

void Statistics::count_ok(Kind kind, TimePoint due, TimePoint now) {
    Tally& tally = of(kind);
    ++tally.ok;
    tally.latency.add(now - due);
    if (kind == Kind::new_connection) {
        gap.mark(now);
        last_new_outcome_ = now;
    }
}

void Statistics::count_failure(Kind kind, FailureClass failure_class, TimePoint now) {
    ++of(kind).failed[static_cast<std::size_t>(failure_class)];
    if (kind == Kind::new_connection)
        last_new_outcome_ = now;
}

void Statistics::count_served_by(std::string_view value, TimePoint now) {
    auto found = served_by.find(value);
    if (found == served_by.end()) {
        if (served_by.size() >= max_served_by_values)
            value = other_served_by_values;
        found = served_by.try_emplace(std::string(value), ServedBy{0, now, now}).first;
    }
    ++found->second.answers;
    found->second.last = now;
}

void Statistics::finish(TimePoint load_ended) {
    duration = load_ended - start;
    if (fresh.started > 0)
        gap.mark(std::max(load_ended, last_new_outcome_));
}

bool Statistics::anything_failed() const {
    return fresh.failed_total() + keepalive.failed_total() > 0;
}

} // namespace load
