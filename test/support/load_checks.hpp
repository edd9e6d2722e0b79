// The two verdicts over a load that tests ask for. Macros, so that a failed one names its line.
#pragma once

// Nobody noticed: neither on new connections nor, once an idle close is healed by the retry that
// every HTTP client makes, on kept ones.
#define CHECK_NOTHING_LOST(report)                                                                 \
    do {                                                                                           \
        INFO((report).words);                                                                      \
        CHECK((report).complete);                                                                  \
        CHECK((report).ok > 0);                                                                    \
        CHECK((report).ok == (report).started);                                                    \
        CHECK((report).failed.total() == 0);                                                       \
        CHECK((report).kept_failed.total() == 0);                                                  \
    } while (false)

// A worker was killed: its connections in flight are lost, at most `most` of them, and nobody else
// is turned away or left waiting.
#define CHECK_ONLY_IN_FLIGHT_LOST(report, most)                                                    \
    do {                                                                                           \
        INFO((report).words);                                                                      \
        CHECK((report).complete);                                                                  \
        CHECK((report).ok > 0);                                                                    \
        CHECK((report).failed.refused == 0);                                                       \
        CHECK((report).failed.timeout == 0);                                                       \
        CHECK((report).failed.wrong_answer == 0);                                                  \
        CHECK((report).failed.reset + (report).failed.cut_short <= (most));                        \
        CHECK((report).kept_failed.refused == 0);                                                  \
        CHECK((report).kept_failed.timeout == 0);                                                  \
        CHECK((report).kept_failed.wrong_answer == 0);                                             \
    } while (false)
