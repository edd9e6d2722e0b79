#include "os/steady_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace reload {

Awaitable<void> SteadyClock::sleep_until(TimePoint deadline) {
    asio::steady_timer timer(executor_, deadline);
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await timer.async_wait(token);
}

} // namespace reload
