// Two ways for coroutines of one thread to wait for each other.
#pragma once

#include "port/coroutine.hpp"

#include <boost/asio/steady_timer.hpp>

namespace reload {

/// Wakes everyone who waits, each time. A waiter looks at its fact again after each wake-up.
class Condition {
public:
    explicit Condition(const asio::any_io_executor& executor)
        : never_(executor, asio::steady_timer::time_point::max()) {}

    void notify_all() { never_.cancel(); }
    /// Returns at the next notify_all(), or when cancelled.
    Awaitable<void> wait();

private:
    asio::steady_timer never_;
};

/// A fact that becomes true once and stays so.
class Latch {
public:
    explicit Latch(const asio::any_io_executor& executor) : condition_(executor) {}

    void set() {
        set_ = true;
        condition_.notify_all();
    }
    [[nodiscard]] bool is_set() const noexcept { return set_; }
    /// Returns once set, or when cancelled.
    Awaitable<void> wait();

private:
    Condition condition_;
    bool set_ = false;
};

} // namespace reload
