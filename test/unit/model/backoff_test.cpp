#include "model/backoff.hpp"

#include "support/catch.hpp"

#include <limits>

using namespace reload;
using namespace std::chrono_literals;

TEST_CASE("the first death is replaced at once, clients wait in the accept queue") {
    CHECK(restart_delay(0) == 0ms);
    CHECK(restart_delay(1) == 0ms);
}

TEST_CASE("further young deaths wait 100 ms, doubled each time up to 10 s") {
    CHECK(restart_delay(2) == 100ms);
    CHECK(restart_delay(3) == 200ms);
    CHECK(restart_delay(4) == 400ms);
    CHECK(restart_delay(8) == 6'400ms);
    CHECK(restart_delay(9) == 10s);
    CHECK(restart_delay(10) == 10s);
}

TEST_CASE("the wait never shrinks and never grows beyond 10 s, however long it goes on") {
    auto before = 0ms;
    for (unsigned deaths = 0; deaths < 1000; ++deaths) {
        const auto delay = restart_delay(deaths);
        CHECK(delay >= before);
        before = delay;
    }
    CHECK(restart_delay(std::numeric_limits<unsigned>::max()) == 10s);
}
