// Owns the tests of the open loop's schedule.
#include "schedule.hpp"

#include "support/catch.hpp"

using namespace load;
using namespace std::chrono_literals;

TEST_CASE("the n-th arrival is due n/rate after the start") {
    const TimePoint start{1h};
    ArrivalSchedule schedule(start, 4);
    CHECK(schedule.next() == start);
    schedule.take();
    CHECK(schedule.next() == start + 250ms);
    for (int i = 0; i < 3; ++i)
        schedule.take();
    CHECK(schedule.next() == start + 1s);
}

TEST_CASE("a rate that does not divide a second does not drift") {
    const TimePoint start{1h};
    ArrivalSchedule schedule(start, 3);
    for (int i = 0; i < 3 * 86'400; ++i)
        schedule.take();
    CHECK(schedule.next() == start + 24h);
}

TEST_CASE("a rate of zero is never due") {
    const ArrivalSchedule schedule(TimePoint{1h}, 0);
    CHECK(schedule.next() == never);
}
