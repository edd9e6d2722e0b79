// Starting a process, and hearing of its end.
#pragma once

#include "port/proxy.hpp"

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace reload {

/// One process to start.
struct SpawnPlan {
    std::string program; ///< absolute path, also argv[0]
    std::vector<std::string> arguments;
    std::vector<std::string> environment; ///< NAME=value, whole
    std::vector<int> inherited; ///< descriptors of ours (close-on-exec) that it gets, same numbers
    int standard_output = -1;   ///< becomes its standard output; -1: ours
    int standard_error = -1;    ///< becomes its standard error; -1: ours
};

/// Raises our own limit of open descriptors to what is allowed: a supervisor holds a descriptor for
/// each listening socket. Children get the limit that we were given.
void raise_descriptor_limit();

/// Starts it in a session of its own (a terminal's Ctrl-C is for us, and a terminal must not
/// send SIGTTOU to a proxy that writes, for it would pause), with every signal disposition and the
/// signal mask reset (shells start background jobs with SIGINT ignored). A failing exec is an error
/// here, with its code.
[[nodiscard]] Result<pid_t> spawn(const SpawnPlan& plan);

/// SIGKILL to a child that spawn() started and that was not reaped yet, and to its process group.
void kill_with_group(pid_t pid);

/// Hears of the end of children. One thread, one instance in a process.
class Reaper {
public:
    /// With `orphans`, also reaps what was re-parented to this process (PID 1, subreaper).
    Reaper(const asio::any_io_executor& executor, bool orphans);

    /// Calls `ended` once, from the loop, when `pid` (a child of ours) has ended and was reaped.
    /// Call it right after spawn(), before the loop runs again.
    void watch(pid_t pid, std::function<void(ExitStatus)> ended);
    void stop();

private:
    void wait_for_signal();
    void reap();

    asio::signal_set child_signal_;
    std::map<pid_t, std::function<void(ExitStatus)>> watched_;
    bool orphans_;
};

} // namespace reload
