// Owns the waiting.
#include "event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace load {

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_)
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

bool EventLoop::watch(int fd, std::uint32_t events, Handler& handler) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &handler;
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool EventLoop::change(int fd, std::uint32_t events, Handler& handler) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &handler;
    return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0;
}

void EventLoop::set_alarm(Handler& handler, TimePoint when) {
    clear_alarm(handler);
    if (when == never)
        return;
    handler.alarm_ = when;
    alarms_.emplace(when, &handler);
}

void EventLoop::clear_alarm(Handler& handler) {
    if (handler.alarm_ == never)
        return;
    alarms_.erase({handler.alarm_, &handler});
    handler.alarm_ = never;
}

int EventLoop::wait() {
    const int capacity = static_cast<int>(ready_.size());
    if (alarms_.empty())
        return epoll_wait(epoll_.get(), ready_.data(), capacity, -1);

    using namespace std::chrono;
    const auto left = std::max<nanoseconds>(alarms_.begin()->first - Clock::now(), 0ns);
    // Arrivals may be 100 us apart, so milliseconds would bunch them. Linux 5.11 knows better.
    timespec timeout{};
    timeout.tv_sec = duration_cast<seconds>(left).count();
    timeout.tv_nsec = (left % 1s).count();
    const int count = epoll_pwait2(epoll_.get(), ready_.data(), capacity, &timeout, nullptr);
    if (count >= 0 || errno != ENOSYS)
        return count;
    const auto rounded_up = ceil<milliseconds>(std::min<nanoseconds>(left, 1h)).count();
    return epoll_wait(epoll_.get(), ready_.data(), capacity, static_cast<int>(rounded_up));
}

void EventLoop::turn() {
    const int count = wait();
    if (count < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "epoll_wait");
    for (int i = 0; i < count; ++i)
        static_cast<Handler*>(ready_[static_cast<std::size_t>(i)].data.ptr)->on_ready();

    // A full batch means that more may be ready: after a pause of this process, say. Those answers
    // have arrived, so no deadline may pass before they were looked at.
    if (count == static_cast<int>(ready_.size()))
        return;
    // A handler that sets a new alarm sets it for later than `now` and waits for the next turn.
    const TimePoint now = Clock::now();
    while (!alarms_.empty() && alarms_.begin()->first <= now) {
        Handler& handler = *alarms_.begin()->second;
        clear_alarm(handler);
        handler.on_time();
    }
}

} // namespace load
