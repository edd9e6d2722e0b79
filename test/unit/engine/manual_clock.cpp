#include "engine/manual_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

namespace reload {

/// A place in the list for as long as somebody waits, however the wait ends.
class ManualClock::Waiting {
public:
    Waiting(ManualClock& clock, TimePoint deadline, asio::steady_timer& timer)
        : clock_(clock),
          place_(clock.waiters_.insert(clock.waiters_.end(), Waiter{deadline, [&timer] {
                                                                        timer.cancel();
                                                                    }})) {}
    ~Waiting() { clock_.waiters_.erase(place_); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    ManualClock& clock_;
    std::list<Waiter>::iterator place_;
};

Awaitable<void> ManualClock::sleep_until(TimePoint deadline) {
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    const Waiting waiting(*this, deadline, timer);
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await timer.async_wait(token);
}

void ManualClock::after(std::chrono::milliseconds delay, std::function<void()> act) {
    waiters_.push_back(Waiter{now_ + delay, std::move(act)});
}

std::optional<TimePoint> ManualClock::next() const {
    std::optional<TimePoint> earliest;
    for (const Waiter& waiter : waiters_)
        if (waiter.wake && waiter.deadline != TimePoint::max())
            if (!earliest || waiter.deadline < *earliest)
                earliest = waiter.deadline;
    return earliest;
}

void ManualClock::move_to(TimePoint time) {
    now_ = std::max(now_, time);
    std::vector<std::function<void()>> due;
    for (Waiter& waiter : waiters_)
        if (waiter.wake && waiter.deadline <= now_)
            due.push_back(std::exchange(waiter.wake, nullptr));
    for (const auto& wake : due)
        wake();
}

} // namespace reload
