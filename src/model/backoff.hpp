// How long to wait before a proxy that died by itself is started again.
#pragma once

#include <algorithm>
#include <chrono>

namespace reload {

/// A generation that served at least this long did not die young: a start each second costs little,
/// and between two deaths it serves.
inline constexpr std::chrono::milliseconds mature_age{1'000};

/// `young_deaths`: how many generations in a row died young, the last one included. Up to one: at
/// once (clients wait in the accept queue), then 100 ms, doubling up to 10 s.
[[nodiscard]] constexpr std::chrono::milliseconds restart_delay(unsigned young_deaths) noexcept {
    if (young_deaths <= 1)
        return std::chrono::milliseconds(0);
    const unsigned doublings = std::min(young_deaths - 2, 7U);
    return std::min(std::chrono::milliseconds(100) * (1 << doublings),
                    std::chrono::milliseconds(10'000));
}

} // namespace reload
