#include "engine/tasks.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace reload {

void Tasks::start(Awaitable<void> task) {
    ++running_;
    asio::co_spawn(executor_, std::move(task), [this](const std::exception_ptr& problem) {
        if (problem)
            std::rethrow_exception(problem); // leaves io_context::run(), see reloadd's main
        --running_;
        one_ended_.notify_all();
    });
}

Awaitable<void> Tasks::wait_until_left(std::size_t remaining) {
    while (running_ > remaining)
        co_await one_ended_.wait();
}

} // namespace reload
