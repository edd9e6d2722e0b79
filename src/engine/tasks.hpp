// The only place that starts coroutines, so that an orderly end can wait for all of them.
#pragma once

#include "port/latch.hpp"

#include <cstddef>

namespace reload {

class Tasks {
public:
    explicit Tasks(const asio::any_io_executor& executor)
        : executor_(executor), one_ended_(executor) {}

    /// Runs `task` beside everything else. An exception that leaves it is a bug or exhaustion: it
    /// leaves io_context::run(), whose caller is the one handler.
    void start(Awaitable<void> task);
    [[nodiscard]] std::size_t running() const noexcept { return running_; }
    /// Returns when at most `remaining` tasks are left (a task that waits counts itself).
    Awaitable<void> wait_until_left(std::size_t remaining);

private:
    asio::any_io_executor executor_;
    Condition one_ended_;
    std::size_t running_ = 0;
};

} // namespace reload
