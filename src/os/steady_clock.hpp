// The Clock port on the kernel's monotonic clock.
#pragma once

#include "port/clock.hpp"

namespace reload {

class SteadyClock final : public Clock {
public:
    explicit SteadyClock(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
    Awaitable<void> sleep_until(TimePoint deadline) override;

private:
    asio::any_io_executor executor_;
};

} // namespace reload
