// Owns the tests of the latency histogram.
#include "histogram.hpp"

#include "support/catch.hpp"

using namespace load;
using namespace std::chrono_literals;

TEST_CASE("an empty histogram answers zero") {
    const Histogram histogram;
    CHECK(histogram.count() == 0);
    CHECK(histogram.max() == 0s);
    CHECK(histogram.quantile(0.5) == 0s);
}

TEST_CASE("small values are exact") {
    Histogram histogram;
    for (int i = 1; i <= 100; ++i)
        histogram.add(std::chrono::microseconds(i));
    CHECK(histogram.quantile(0.5) == 50us);
    CHECK(histogram.quantile(0.99) == 99us);
    CHECK(histogram.quantile(1) == 100us);
    CHECK(histogram.quantile(0) == 1us);
}

TEST_CASE("large values are at most 1.6 % too high and never too low") {
    for (Duration value = 127us; value < 12h; value = value * 3 / 2 + 1us) {
        Histogram histogram;
        histogram.add(value);
        histogram.add(24h); // so that the maximum does not hide the rounding
        const Duration seen = histogram.quantile(0.5);
        CHECK(seen >= std::chrono::floor<std::chrono::microseconds>(value));
        CHECK(seen <= value + value / 60);
    }
}

TEST_CASE("a quantile never exceeds the maximum") {
    Histogram histogram;
    histogram.add(1000ms);
    CHECK(histogram.quantile(0.999) == 1000ms);
}

TEST_CASE("values out of range land in the outer buckets") {
    Histogram histogram;
    histogram.add(-5ms);
    histogram.add(48h);
    CHECK(histogram.quantile(0.5) == 0s);
    CHECK(histogram.max() == 48h);
    CHECK(histogram.count() == 2);
}
