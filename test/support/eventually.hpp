// Waiting for facts, not for time.
#pragma once

#include <chrono>
#include <thread>

namespace support {

using namespace std::chrono_literals;

/// Looks until `fact()` is true; false when it was not within the time. What a fact takes on a busy
/// machine is no part of any promise, so the time is generous.
template <class Fact>
[[nodiscard]] bool eventually(Fact fact, std::chrono::milliseconds within = 10s) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!fact()) {
        if (std::chrono::steady_clock::now() >= deadline)
            return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

} // namespace support
