// Owns the tests of the report: its JSON is what other programs read.
#include "report.hpp"

#include "support/catch.hpp"

#include <string>

using namespace load;
using namespace std::chrono_literals;

TEST_CASE("the report has a fixed shape") {
    const TimePoint start{1h};
    Statistics statistics(start);
    statistics.count_start(Kind::new_connection);
    statistics.count_start(Kind::new_connection);
    statistics.count_start(Kind::keepalive);
    statistics.count_ok(Kind::new_connection, start, start + 2ms);
    statistics.count_failure(Kind::new_connection, FailureClass::refused, start + 7ms);
    statistics.count_ok(Kind::keepalive, start, start + 100us);
    statistics.count_served_by("42", start + 2ms);
    statistics.count_lateness(250us);
    statistics.finish(start + 10ms);

    CHECK(
        render_json(statistics) ==
        R"({"duration_ms":10,)"
        R"("new":{"started":2,"ok":1,)"
        R"("failed":{"refused":1,"reset":0,"timeout":0,"cut_short":0,"wrong_answer":0,"other":0},)"
        R"("latency_ms":{"p50":2.000,"p99":2.000,"p999":2.000,"max":2.000},)"
        R"("longest_gap_ms":8.000},)"
        R"("keepalive":{"requests":1,"ok":1,"idle_closed":0,"closed_by_answer":0,)"
        R"("eof_while_idle":0,)"
        R"("failed":{"refused":0,"reset":0,"timeout":0,"cut_short":0,"wrong_answer":0,"other":0},)"
        R"("latency_ms":{"p50":0.100,"p99":0.100,"p999":0.100,"max":0.100}},)"
        R"("late_ms_max":0.250,)"
        R"("served_by":{"42":{"answers":1,"first_ms":2,"last_ms":2}}})"
        "\n");
}

TEST_CASE("header values cannot break the JSON") {
    CHECK(json_string("plain") == R"("plain")");
    CHECK(json_string("a\"b\\c\n\xe9") == R"("a\"b\\c\u000a\u00e9")");
}

TEST_CASE("the summary names failures and leaves out what did not happen") {
    Statistics statistics(TimePoint{1h});
    statistics.count_start(Kind::new_connection);
    statistics.count_failure(Kind::new_connection, FailureClass::cut_short, TimePoint{1h} + 1s);
    statistics.finish(TimePoint{1h} + 1s);
    const std::string text = render_text(statistics);
    CHECK(text.find("cut_short: 1") != std::string::npos);
    CHECK(text.find("refused") == std::string::npos);
    CHECK(text.find("keep-alive") == std::string::npos);
}
