// Proxy processes as the engine sees them. Two implementations: real ones (os/proxy_processes) and
// the scripted ones of the tests.
#pragma once

#include "model/config_text.hpp"
#include "model/dialect.hpp"
#include "port/coroutine.hpp"
#include "port/listening_socket.hpp"

#include <reload/error.hpp>
#include <reload/status.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reload {

/// How a process ended.
struct ExitStatus {
    int code = 0;   ///< exit code, when `signal` is 0
    int signal = 0; ///< the signal that killed it

    [[nodiscard]] bool success() const noexcept { return code == 0 && signal == 0; }
};

/// "exit code 1", "killed by signal 9 (Killed)".
[[nodiscard]] std::string to_string(ExitStatus status);

/// One started proxy. Destroying it closes our ends of its channels; its process is not touched,
/// but is still reaped.
class Proxy {
public:
    virtual ~Proxy() = default;

    /// The process that we started; signals go to it.
    [[nodiscard]] virtual pid_t pid() const = 0;
    [[nodiscard]] virtual bool alive() const = 0;
    virtual void signal(int number) = 0;
    /// SIGKILL to it and to every process of its process group.
    virtual void kill() = 0;
    /// Returns when it has ended. May be asked by several at once, and again later.
    virtual Awaitable<ExitStatus> exited() = 0;

    /// Asks on the admin channel; returns when the proxy answers, which for a starting one is when
    /// it is ready. Fails when the channel breaks. Put a deadline around it. One caller at a time.
    virtual Awaitable<Result<ProxyReport>> report() = 0;
    /// Duplicates of its listening sockets, each owned by the caller. Ask a generation once.
    virtual Awaitable<Result<std::vector<ListeningSocket>>> collect_sockets() = 0;
    /// Ends the admin channel: a draining HAProxy stays alive as long as a connection to it is
    /// open.
    virtual void close_admin() = 0;

    /// The last part of what it wrote to standard error so far.
    [[nodiscard]] virtual std::string output() const = 0;
};

/// What one start needs beyond the dialect and the start line, which the implementation knows.
struct StartRequest {
    GenerationId generation = 0;
    bool first = false;                      ///< nothing was started by this instance before
    std::vector<ListeningSocketPtr> sockets; ///< to hand over, in this order
    /// The text to run instead of the files on disk; null: the files as they are.
    const ConfigText* text = nullptr;
};

struct CheckOutcome {
    bool passed = false;
    std::optional<ExitStatus> exit; ///< empty where the check could not run to its end
    std::string output;             ///< the proxy's own words, bounded
    std::string reason;             ///< one line, empty when passed
};

class Proxies {
public:
    virtual ~Proxies() = default;
    /// The configuration files as they are now, read once.
    virtual Result<ConfigText> read_config() = 0;
    /// Runs the proxy's own checker on the files as they are, at most `deadline` long, with the
    /// environment and the inherited sockets of a start. Cancelled, it ends the checker.
    virtual Awaitable<CheckOutcome> check(GenerationId generation,
                                          std::vector<ListeningSocketPtr> sockets,
                                          std::chrono::milliseconds deadline) = 0;
    /// Starts a proxy; returns as soon as the process runs.
    virtual Result<std::unique_ptr<Proxy>> start(const StartRequest& request) = 0;
    /// Who holds an address that could not be bound: "nginx, pid 123"; empty where unknown.
    [[nodiscard]] virtual std::string holder_of(const std::string& address) = 0;
    /// Connections that wait in a listening socket's accept queue; nothing where the kernel has
    /// none.
    [[nodiscard]] virtual std::optional<std::uint64_t>
    accept_queue(const ListeningSocket& socket) = 0;
    /// Resident memory of a process of ours.
    [[nodiscard]] virtual std::optional<std::uint64_t> resident_kib(pid_t pid) = 0;
    /// Of all sockets that share an address by SO_REUSEPORT, only the `fresh` ones that began to
    /// listen after the first `before` get new connections from now on, until end_steering().
    /// `member` is any of them. False where that can't be had.
    [[nodiscard]] virtual bool steer_to_latest(const ListeningSocket& member, unsigned before,
                                               unsigned fresh) = 0;
    virtual void end_steering(const ListeningSocket& member) = 0;
    /// A socket is given up for good: removes the path of a Unix socket that is still its own.
    virtual void retire(const ListeningSocket& socket) = 0;
};

} // namespace reload
