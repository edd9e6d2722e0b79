// Owns the tests of the counting.
#include "statistics.hpp"

#include "support/catch.hpp"

#include <string>

using namespace load;
using namespace std::chrono_literals;

namespace {
const TimePoint start{1h};
}

TEST_CASE("latency counts from the moment a request was due") {
    Statistics statistics(start);
    statistics.count_start(Kind::new_connection);
    statistics.count_ok(Kind::new_connection, start + 1s, start + 1100ms);
    CHECK(statistics.fresh.ok == 1);
    CHECK(statistics.fresh.latency.max() == 100ms);
    CHECK(statistics.keepalive.ok == 0);
    CHECK_FALSE(statistics.anything_failed());
}

TEST_CASE("failures count by kind and class") {
    Statistics statistics(start);
    statistics.count_failure(Kind::keepalive, FailureClass::reset, start + 1s);
    CHECK(statistics.keepalive.failed_as(FailureClass::reset) == 1);
    CHECK(statistics.keepalive.failed_total() == 1);
    CHECK(statistics.fresh.failed_total() == 0);
    CHECK(statistics.anything_failed());
}

TEST_CASE("the longest gap is the longest time without a good new connection") {
    Statistics statistics(start);
    const auto answer = [&statistics](Duration at) {
        statistics.count_start(Kind::new_connection);
        statistics.count_ok(Kind::new_connection, start + at, start + at);
    };
    SECTION("between answers, failures and keep-alive answers notwithstanding") {
        answer(10ms);
        statistics.count_failure(Kind::new_connection, FailureClass::refused, start + 200ms);
        statistics.count_ok(Kind::keepalive, start, start + 250ms);
        answer(400ms);
        answer(500ms);
        statistics.finish(start + 510ms);
        CHECK(statistics.gap.longest() == 390ms);
    }
    SECTION("before the first answer") {
        answer(300ms);
        statistics.finish(start + 310ms);
        CHECK(statistics.gap.longest() == 300ms);
    }
    SECTION("after the last answer, until the last failure is known") {
        answer(100ms);
        statistics.count_start(Kind::new_connection);
        statistics.count_failure(Kind::new_connection, FailureClass::timeout, start + 5s);
        statistics.finish(start + 1s);
        CHECK(statistics.gap.longest() == 4900ms);
    }
    SECTION("none when no new connections were due") {
        statistics.finish(start + 1s);
        CHECK(statistics.gap.longest() == 0s);
    }
}

TEST_CASE("each process is seen from its first to its last answer") {
    Statistics statistics(start);
    statistics.count_served_by("old", start + 1s);
    statistics.count_served_by("new", start + 2s);
    statistics.count_served_by("old", start + 3s);
    REQUIRE(statistics.served_by.size() == 2);
    const ServedBy& old = statistics.served_by.find("old")->second;
    CHECK(old.answers == 2);
    CHECK(old.first == start + 1s);
    CHECK(old.last == start + 3s);
}

TEST_CASE("a header that differs in every answer cannot fill the memory") {
    Statistics statistics(start);
    for (std::size_t i = 0; i < max_served_by_values + 5; ++i)
        statistics.count_served_by(std::to_string(i), start);
    CHECK(statistics.served_by.size() == max_served_by_values + 1);
    CHECK(statistics.served_by.find(other_served_by_values)->second.answers == 5);
}

TEST_CASE("the greatest lateness is kept") {
    Statistics statistics(start);
    statistics.count_lateness(3ms);
    statistics.count_lateness(1ms);
    CHECK(statistics.late_max == 3ms);
}
