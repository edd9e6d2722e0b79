// Owns epoll and the alarms. Knows neither HTTP nor statistics.
#pragma once

#include "clock.hpp"
#include "unique_fd.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <utility>

namespace load {

/// Something that waits for a descriptor, for a moment, or for both. It must outlive the loop's
/// turns: connections live in pools that only grow, so an event of the same batch that arrives
/// after its connection was closed finds the object alive, and finds nothing to do.
class Handler {
public:
    virtual void on_ready() {}
    virtual void on_time() {}

    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;

    virtual ~Handler() = default;

private:
    friend class EventLoop;
    TimePoint alarm_ = never;
};

class EventLoop {
public:
    EventLoop();

    /// Watches a descriptor, level-triggered. Closing the descriptor ends it. False: see errno.
    [[nodiscard]] bool watch(int fd, std::uint32_t events, Handler& handler);
    [[nodiscard]] bool change(int fd, std::uint32_t events, Handler& handler);

    /// Each handler has one alarm; setting it again moves it.
    void set_alarm(Handler& handler, TimePoint when);
    void clear_alarm(Handler& handler);

    /// Waits for the next event or alarm, then serves what is ready and then what is due. Events
    /// go first: an answer that has arrived beats the deadline that has passed meanwhile.
    void turn();

    /// A buffer for whoever is being served right now.
    std::span<char> scratch() { return scratch_; }

private:
    int wait();

    UniqueFd epoll_;
    std::set<std::pair<TimePoint, Handler*>> alarms_;
    std::array<epoll_event, 1024> ready_{};
    std::array<char, 64 * 1024> scratch_{};
};

} // namespace load
