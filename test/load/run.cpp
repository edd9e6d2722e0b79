// Owns the start, the signals and the end of a run.
#include "run.hpp"

#include "event_loop.hpp"
#include "keepalive_users.hpp"
#include "new_connections.hpp"
#include "recorder.hpp"

#include <sys/resource.h>
#include <sys/signalfd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace load {
namespace {

/// Ends the load at its time or at the first signal.
class Stop final : private Handler {
public:
    Stop(EventLoop& loop, TimePoint end) : loop_(loop), end_(end) {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        sigprocmask(SIG_BLOCK, &signals, nullptr);
        signals_ = UniqueFd(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
        if (!signals_ || !loop_.watch(signals_.get(), EPOLLIN, *this))
            throw std::system_error(errno, std::generic_category(), "signalfd");
        loop_.set_alarm(*this, end);
    }

    bool requested() const { return requested_; }
    TimePoint end() const { return end_; }

private:
    void on_ready() override {
        signalfd_siginfo ignored;
        while (::read(signals_.get(), &ignored, sizeof ignored) > 0) {
        }
        if (!requested_)
            end_ = std::min(end_, Clock::now());
        requested_ = true;
    }
    void on_time() override { requested_ = true; }

    EventLoop& loop_;
    TimePoint end_;
    UniqueFd signals_;
    bool requested_ = false;
};

/// Thousands of connections may wait for a slow server at once.
void allow_many_descriptors() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

std::vector<Endpoint> endpoints_of(const Options& options, std::string_view extra_header) {
    std::vector<Endpoint> endpoints;
    for (const Target& target : options.targets)
        endpoints.push_back({target, fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n",
                                                 options.path, target.host, extra_header)});
    return endpoints;
}

Expectation expectation_of(const Options& options) {
    return Expectation{options.served_by_header, options.expect};
}

} // namespace

Statistics run(const Options& options, FailureLog failures) {
    allow_many_descriptors();
    EventLoop loop;
    const TimePoint start = Clock::now();
    Recorder recorder(start, std::move(failures), options.ready_file);
    NewConnections arrivals(loop, recorder, ArrivalSchedule(start, options.rate),
                            {endpoints_of(options, "Connection: close\r\n"), options.sources,
                             expectation_of(options), options.timeout});
    KeepaliveUsers users(loop, recorder,
                         {endpoints_of(options, ""), options.sources, expectation_of(options),
                          options.timeout, options.think, options.keepalive});
    Stop stop(loop, start + options.duration);

    arrivals.stop(stop.end());
    arrivals.start();
    users.start(start);
    while (!stop.requested())
        loop.turn();

    arrivals.stop(stop.end());
    users.stop();
    while (!arrivals.done() || !users.done())
        loop.turn();

    recorder.statistics().finish(stop.end());
    return std::move(recorder.statistics());
}

} // namespace load
