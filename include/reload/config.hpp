// What a supervisor is asked to do: the options of reloadd as values. Filled by reloadd from its
// command line and environment, or by a program that embeds the library.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace reload {

/// `--listen NAME=ADDRESS`: a socket that the supervisor binds and hands down as `fd@${NAME}`.
struct ListenOption {
    std::string name;    ///< the environment variable that carries the descriptor's number
    std::string address; ///< 0.0.0.0:80, [::1]:80, unix@/path, abns@name
};

/// What happens when the serving generation dies by itself.
enum class OnCrash {
    restart, ///< start the same configuration text again, at once, then with back-off
    exit,    ///< leave as the proxy did
};

enum class LogLevel { error, warning, info, debug };

struct Config {
    std::string name;                  ///< instance name; empty: the proxy's base name
    std::filesystem::path runtime_dir; ///< empty: see default_runtime_dir()
    std::vector<ListenOption> listen;  ///< sockets that the supervisor binds itself
    std::vector<std::string> proxy;    ///< the proxy and its arguments, as the user has them
    std::filesystem::path pidfile;     ///< written by us once a generation serves; empty: none
    std::chrono::milliseconds check_timeout{60'000};
    std::chrono::milliseconds ready_timeout{60'000};
    std::chrono::milliseconds drain_timeout{0}; ///< longest drain of an old generation; 0: no limit
    std::chrono::milliseconds stop_timeout{10'000}; ///< longest graceful stop after SIGTERM
    unsigned max_generations = 8; ///< draining generations beyond this: the oldest is ended
    OnCrash on_crash = OnCrash::restart;
    mode_t control_mode = 0600;
    std::string control_group; ///< group of the control socket; empty: the process's own
    LogLevel log_level = LogLevel::info;
    /// Reap every child that is re-parented to this process: for PID 1 and subreapers. A program
    /// that has children of its own beside the supervisor says no.
    bool reap_orphans = false;
};

/// Where an instance keeps its control socket when nothing else was asked for: /run/reloadd/NAME
/// for root, $XDG_RUNTIME_DIR/reloadd/NAME, else /tmp/reloadd-UID/NAME.
[[nodiscard]] std::filesystem::path default_runtime_dir(const std::string& name);

} // namespace reload
