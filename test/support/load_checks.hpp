// The two verdicts over a load that tests ask for. Macros, so that a failed one names its line.
#pragma once

// Nobody noticed: neither on new connections nor, once an idle close is healed by the retry that
// every HTTP client makes, on kept ones.
#define CHECK_NOTHING_LOST(report)                                                                 \
    do {                                                                                           \
        const auto& load_report = (report);                                                        \
        INFO(load_report.words);                                                                   \
        CHECK(load_report.complete);                                                               \
        CHECK(load_report.ok > 0);                                                                 \
        CHECK(load_report.ok == load_report.started);                                              \
        CHECK(load_report.failed.total() == 0);                                                    \
        CHECK(load_report.kept_failed.total() == 0);                                               \
    } while (false)

// A worker was killed: its connections in flight are lost, at most `most` of them, and nobody else
// is turned away or left waiting.
#define CHECK_ONLY_IN_FLIGHT_LOST(report, most)                                                    \
    do {                                                                                           \
        const auto& load_report = (report);                                                        \
        INFO(load_report.words);                                                                   \
        CHECK(load_report.complete);                                                               \
        CHECK(load_report.ok > 0);                                                                 \
        CHECK(load_report.failed.refused == 0);                                                    \
        CHECK(load_report.failed.timeout == 0);                                                    \
        CHECK(load_report.failed.wrong_answer == 0);                                               \
        CHECK(load_report.failed.reset + load_report.failed.cut_short <= (most));                  \
        CHECK(load_report.kept_failed.refused == 0);                                               \
        CHECK(load_report.kept_failed.timeout == 0);                                               \
        CHECK(load_report.kept_failed.wrong_answer == 0);                                          \
    } while (false)
