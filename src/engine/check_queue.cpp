#include "engine/check_queue.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace reload {

Awaitable<CheckOutcome> CheckQueue::check() {
    Shared mine = next_;
    if (!mine) {
        mine = next_ = std::make_shared<std::optional<CheckOutcome>>();
        world_.tasks.start(run(mine)); // may begin at once, and take it off next_
    }
    while (!*mine)
        co_await changed_.wait();
    co_return **mine;
}

Awaitable<void> CheckQueue::run(Shared mine) {
    using namespace asio::experimental::awaitable_operators;
    while (running_)
        co_await changed_.wait();
    running_ = true;
    next_.reset(); // who asks from now on gets the next one
    auto outcome = co_await (world_.proxies.check(world_.last_generation + 1, world_.held,
                                                  world_.config.check_timeout) ||
                             world_.stop.wait());
    if (outcome.index() == 0) {
        *mine = std::move(std::get<0>(outcome));
    } else {
        mine->emplace();
        (*mine)->reason = "the supervisor is stopping";
    }
    running_ = false;
    changed_.notify_all();
}

} // namespace reload
