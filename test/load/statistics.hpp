// Owns the numbers of one run, in bounded memory. Knows neither sockets nor the output format.
#pragma once

#include "classification.hpp"
#include "clock.hpp"
#include "histogram.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace load {

/// Requests of one kind: started = ok + all failures, once none is under way.
struct Tally {
    std::uint64_t started = 0;
    std::uint64_t ok = 0;
    std::array<std::uint64_t, all_failure_classes.size()> failed{};
    Histogram latency; ///< of the ok ones, from the moment they were due

    std::uint64_t failed_total() const;
    std::uint64_t failed_as(FailureClass c) const { return failed[static_cast<std::size_t>(c)]; }
};

/// The longest time in which new connections were due and none was answered.
class GapMeter {
public:
    explicit GapMeter(TimePoint start) : last_(start) {}
    void mark(TimePoint now);
    Duration longest() const { return longest_; }

private:
    TimePoint last_;
    Duration longest_{};
};

struct ServedBy {
    std::uint64_t answers = 0;
    TimePoint first;
    TimePoint last;
};

struct Statistics {
    explicit Statistics(TimePoint started_at) : start(started_at), gap(started_at) {}

    Tally& of(Kind kind) { return kind == Kind::keepalive ? keepalive : fresh; }

    void count_start(Kind kind) { ++of(kind).started; }
    void count_lateness(Duration late);
    void count_ok(Kind kind, TimePoint due, TimePoint now);
    void count_failure(Kind kind, FailureClass failure_class, TimePoint now);
    void count_served_by(std::string_view value, TimePoint now);

    /// Nothing more comes: closes the last gap.
    void finish(TimePoint load_ended);

    bool anything_failed() const;

    TimePoint start;
    Duration duration{}; ///< from the start until no more load was due
    Tally fresh;
    Tally keepalive;
    std::uint64_t idle_closed = 0;      ///< ok after the request was sent a second time
    std::uint64_t closed_by_answer = 0; ///< answers that announced the end of their connection
    std::uint64_t eof_while_idle = 0;   ///< connections closed with no request under way
    GapMeter gap;
    Duration late_max{};
    std::map<std::string, ServedBy, std::less<>> served_by;

private:
    TimePoint last_new_outcome_;
};

/// Values beyond this many are counted together under this name.
inline constexpr std::size_t max_served_by_values = 1000;
inline constexpr std::string_view other_served_by_values = "(others)";

} // namespace load
