// What we know of one kind of proxy, as data and pure functions: how it checks a configuration,
// receives sockets, shows readiness, drains, stops and reports. The engine knows none by name.
#pragma once

#include <reload/error.hpp>

#include <csignal>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace reload {

/// The proxy's arguments as the user has them, understood.
struct StartLine {
    std::vector<std::string> kept;         ///< passed to every check and start, in their order
    std::vector<std::string> config_paths; ///< files and folders, in their order
    std::string working_folder;            ///< where the proxy itself changes to before it reads
    bool only_asks = false; ///< asks something (version, check, help) and starts nothing
    bool detach = false;    ///< asked the proxy to go to the background
    bool quiet = false;     ///< asked the proxy not to speak
    std::string pidfile;
    std::vector<pid_t> replaces;    ///< processes that the first generation takes over from
    bool replaces_at_once = false;  ///< they are stopped, not drained
    std::string sockets_from;       ///< where the first generation is to get its sockets from
    std::vector<std::string> notes; ///< what was taken over or left out, a line each
};

/// Descriptors by number (they are inherited under the same number) and paths of one start.
struct StartParts {
    std::optional<int> admin;        ///< the proxy's end of the admin channel
    std::optional<int> admin_config; ///< an open file with Dialect::admin_config()
    std::optional<int> handover;     ///< the proxy's end of the socket hand-over
    bool first = false;              ///< nothing was started by this instance before
    std::vector<std::string> config_paths;
};

/// What a proxy says of itself.
struct ProxyReport {
    pid_t pid = 0; ///< the process that serves; a worker, where there is a master too
    std::uint64_t connections = 0;
    bool stopping = false;
};

/// A listening socket that a start could not get, as the proxy worded it.
struct BindFailure {
    std::string address;
    std::string cause;
};

struct Dialect {
    std::string_view name;
    std::string_view program; ///< base name of the binary that speaks it

    // The command line. Arguments exclude argv[0].
    Result<StartLine> (*parse_start_line)(std::span<const std::string> arguments);
    std::vector<std::string> (*check_arguments)(const StartLine& line);
    std::vector<std::string> (*start_arguments)(const StartLine& line, const StartParts& parts);
    bool (*is_config_file)(std::string_view file_name); ///< which files of a folder it reads
    /// A configuration file's text, fit to be read from elsewhere than its absolute path.
    std::string (*relocated)(std::string_view text, std::string_view path);
    std::span<const std::string_view>
        cleaned_environment; ///< variables that would confuse a child;
                             ///< a final * stands for any ending

    // Signals to the process that we started.
    int drain_signal; ///< finish connections, then leave
    int stop_signal;  ///< leave at once

    // The admin channel: a command line of the proxy over a socketpair.
    std::string (*admin_config)(int admin_fd);
    std::string_view report_request;
    std::optional<ProxyReport> (*parse_report)(std::string_view reply);

    // What the proxy says when it fails.
    std::vector<BindFailure> (*bind_failures)(std::string_view output);
    std::string (*first_complaint)(std::string_view output); ///< one line, or empty
};

} // namespace reload
