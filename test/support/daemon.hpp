// A reloadd around a real haproxy, and everything that it starts.
#pragma once

#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/site.hpp"

#include <boost/json.hpp>
#include <map>
#include <string>
#include <vector>

namespace support {

struct DaemonSetup {
    std::vector<std::string> options{};     ///< of reloadd
    std::vector<std::string> proxy{};       ///< empty: haproxy -f FILE of the site
    std::vector<std::string> environment{}; ///< NAME=VALUE
    std::vector<std::string> around{};      ///< a program and its arguments that runs reloadd
    std::filesystem::path folder{};         ///< working folder
    bool serves = true; ///< wait until it serves; throws, with what it said, when it does not
};

/// The outcome of `reloadctl reload --json`.
struct Reload {
    int code = -1;
    boost::json::object report; ///< empty: none came
    std::string err;
};

class Daemon {
public:
    explicit Daemon(const Site& site, const DaemonSetup& setup = {});
    /// Kills whatever of it still runs, detached and orphaned processes too.
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    [[nodiscard]] pid_t pid() const { return process_.pid(); }
    [[nodiscard]] Process& process() { return process_; }
    [[nodiscard]] std::string log() const { return process_.err(); }
    [[nodiscard]] const std::string& socket() const { return socket_; }

    /// reloadctl with these words.
    [[nodiscard]] CommandResult ctl(std::vector<std::string> words) const;
    /// The same in the background.
    [[nodiscard]] Process start_ctl(std::vector<std::string> words) const;
    [[nodiscard]] Reload reload() const;
    [[nodiscard]] boost::json::object status() const;
    [[nodiscard]] bool healthy() const;

    /// SIGTERM, and how it ended; nothing when it did not in 5 s, half of --stop-timeout: with no
    /// request under way nothing has to be cut short.
    std::optional<Ended> stop();
    /// Processes that it started and that still run.
    [[nodiscard]] std::vector<pid_t> processes() const;

private:
    struct Begin {};
    /// Only starts it; what throws after that finds a whole object, whose destructor cleans up.
    Daemon(const Site& site, const DaemonSetup& setup, Begin);

    std::string tag_; ///< in the environment of everything it starts
    std::string socket_;
    Process process_;
};

// Readers of reloadctl's JSON.
[[nodiscard]] Reload to_reload(const CommandResult& result);
[[nodiscard]] boost::json::object parse_object(const std::string& text);
[[nodiscard]] std::int64_t serving_id(const boost::json::object& status);
/// The pid of the serving generation; 0 when there is none.
[[nodiscard]] pid_t serving_pid(const boost::json::object& status);
/// The generation's entry; empty when it is over.
[[nodiscard]] boost::json::object generation(const boost::json::object& status, std::int64_t id);
/// The entries of `sockets`: address, and inode; several sockets may have one address.
[[nodiscard]] std::multimap<std::string, std::uint64_t>
sockets_of(const boost::json::object& status);
[[nodiscard]] std::string text(const boost::json::object& object, std::string_view name);

} // namespace support
