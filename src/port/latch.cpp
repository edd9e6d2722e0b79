#include "port/latch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace reload {

Awaitable<void> Condition::wait() {
    // Always ends with operation_aborted: by notify_all(), or by a cancelled caller.
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await never_.async_wait(token);
}

Awaitable<void> Latch::wait() {
    if (!set_)
        co_await condition_.wait();
}

} // namespace reload
