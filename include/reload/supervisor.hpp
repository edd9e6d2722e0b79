// The supervisor: owns the listening sockets of a proxy and starts, replaces and retires proxy
// processes behind them. Everything runs on the one thread that runs the given io_context.
#pragma once

#include <reload/config.hpp>
#include <reload/error.hpp>
#include <reload/event.hpp>
#include <reload/status.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace reload {

/// How the supervisor left, for the process that runs it.
struct Exit {
    int code = 0;   ///< exit code, when `signal` is 0
    int signal = 0; ///< the signal to die of
};

enum class StopMode {
    graceful, ///< every generation finishes its connections, however long it takes
    bounded,  ///< the same, at most Config::stop_timeout
    now,      ///< at once
};

struct ReloadOptions {
    bool if_changed = false; ///< do nothing when the configuration text is the serving one's
};

/// What the proxy's start line asks of the process that runs a supervisor.
struct StartFacts {
    std::string program;    ///< absolute path of the proxy
    bool only_asks = false; ///< it asks for a version, a check or help: run the proxy instead
    bool detach = false;    ///< it asks for the background
};

/// Understands the start line and checks every option; touches nothing.
[[nodiscard]] Result<StartFacts> understand(const Config& config);

class Supervisor {
public:
    /// Takes the instance's runtime folder and control socket, and binds `Config::listen`. Nothing
    /// is started yet. Errors: bad configuration, folder not ours, another supervisor runs, bind.
    /// `context` must outlive the supervisor.
    static Result<std::unique_ptr<Supervisor>> create(boost::asio::io_context& context,
                                                      Config config, EventSink events);

    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Starts the first generation and serves control requests. `on_serving` is called once, when
    /// the first generation serves; `on_exit` once, when everything has ended.
    void start(std::function<void()> on_serving, std::function<void(Exit)> on_exit);

    /// Asks for a reload; requests that arrive meanwhile share the next run. `on_done` (may be
    /// empty) gets the report of a run that began after this call.
    void reload(ReloadOptions options, std::function<void(const ReloadReport&)> on_done = {});

    /// Asks to stop. A later, stronger mode replaces an earlier one.
    void stop(StopMode mode);

    /// Ends every process at once and leaves by dying of `signal`.
    void die_of(int signal);

private:
    class Parts;
    explicit Supervisor(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace reload
