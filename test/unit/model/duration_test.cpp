#include <reload/duration.hpp>

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

TEST_CASE("a time is a whole number and one unit") {
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("2s") == 2s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("1h") == 1h);
    CHECK(parse_duration("3d") == 72h);
    CHECK(parse_duration("0s") == 0ms);
}

TEST_CASE("only zero may stand without a unit") {
    CHECK(parse_duration("0") == 0ms);
    CHECK_FALSE(parse_duration("1"));
    CHECK_FALSE(parse_duration("1000"));
}

TEST_CASE("anything but a number and a unit is no time") {
    for (const char* text : {"", " ", "s", "ms", "abc", "1.5s", "1,5s", "5 s", " 5s", "5s ", "+5s",
                             "5S", "5sec", "5ms5", "1h30m", "0x5s", "five", "5us", "5w"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}

TEST_CASE("a time is not negative") {
    CHECK_FALSE(parse_duration("-1s"));
    CHECK_FALSE(parse_duration("-1ms"));
    CHECK_FALSE(parse_duration("-9223372036854775808ms"));
}

TEST_CASE("a time fits 2^31 ms, whatever the unit and however large the number") {
    CHECK(parse_duration("2147483647ms") == 2'147'483'647ms);
    CHECK_FALSE(parse_duration("2147483648ms"));
    CHECK(parse_duration("2147483s") == 2'147'483s);
    CHECK_FALSE(parse_duration("2147484s"));
    CHECK(parse_duration("24d") == 24 * 24h);
    CHECK_FALSE(parse_duration("25d"));
    CHECK_FALSE(parse_duration("9223372036854775807d"));
    CHECK_FALSE(parse_duration("9223372036854775808ms"));
    CHECK_FALSE(parse_duration("99999999999999999999999999h"));
}

TEST_CASE("people read a time in the unit that suits it") {
    CHECK(format_milliseconds(0) == "0.0ms");
    CHECK(format_milliseconds(21.345) == "21.3ms");
    CHECK(format_milliseconds(999) == "999.0ms");
    CHECK(format_milliseconds(1000) == "1.0s");
    CHECK(format_milliseconds(1234) == "1.2s");
    CHECK(format_milliseconds(119'000) == "119.0s");
    CHECK(format_milliseconds(120'000) == "2.0m");
}
