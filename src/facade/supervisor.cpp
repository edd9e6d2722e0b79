// The public Supervisor: wires the ports on Linux into the engine, and the control server onto it.
#include <reload/supervisor.hpp>

#include "control/server.hpp"
#include "engine/supervision.hpp"
#include "facade/start_plan.hpp"
#include "os/bind_listen.hpp"
#include "os/pid_file.hpp"
#include "os/proxy_processes.hpp"
#include "os/runtime_dir.hpp"
#include "os/socket_facts.hpp"
#include "os/steady_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <unistd.h>

namespace reload {
namespace {

/// How long clients of the control socket may take to read their last line.
constexpr std::chrono::milliseconds farewell{1'000};

std::vector<std::string> current_environment() {
    std::vector<std::string> result;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
        result.emplace_back(*entry);
    return result;
}

} // namespace

class Supervisor::Parts {
public:
    Parts(asio::io_context& context, StartPlan plan, RuntimeDir runtime, UniqueFd control,
          std::vector<ListeningSocketPtr> bound, EventSink events)
        : plan_(std::move(plan)), runtime_(std::move(runtime)), executor_(context.get_executor()),
          clock_(executor_), reaper_(executor_, plan_.config.reap_orphans),
          proxies_(executor_, clock_, reaper_,
                   ProxyCommand{*plan_.dialect, plan_.program, plan_.line, current_environment()}),
          world_(executor_, plan_.config, *plan_.dialect, proxies_, clock_, std::move(events)),
          supervision_(world_, plan_.line),
          server_(executor_, std::move(control),
                  ControlAccess{plan_.config.control_mode, plan_.control_group}, supervision_,
                  clock_) {
        world_.held = std::move(bound);
    }

    void start(std::function<void()> on_serving, std::function<void(Exit)> on_exit) {
        for (const std::string& note : plan_.line.notes)
            world_.notice(LogLevel::info, note);
        asio::co_spawn(
            executor_, run(std::move(on_serving)),
            [this, on_exit = std::move(on_exit)](const std::exception_ptr& problem, Exit exit) {
                if (problem)
                    std::rethrow_exception(problem);
                reaper_.stop();
                on_exit(exit);
            });
    }

    void reload(ReloadOptions options, std::function<void(const ReloadReport&)> on_done) {
        const ReloadRunPtr run = supervision_.queue().request(options.if_changed);
        if (on_done)
            world_.tasks.start(tell(run, std::move(on_done)));
    }

    Supervision& supervision() { return supervision_; }

private:
    Awaitable<Exit> run(std::function<void()> on_serving) {
        server_.start();
        std::function<void()> serving = [this, on_serving] {
            write_pid_file();
            on_serving();
        };
        const Exit exit = co_await supervision_.run(serving);
        co_await server_.finish(farewell);
        pid_file_.reset();
        co_return exit;
    }

    static Awaitable<void> tell(ReloadRunPtr run,
                                std::function<void(const ReloadReport&)> on_done) {
        co_await wait_for(run);
        on_done(run->outcome->report);
    }

    void write_pid_file() {
        if (plan_.config.pidfile.empty())
            return;
        auto written = PidFile::write(plan_.config.pidfile);
        if (written)
            pid_file_ = std::make_unique<PidFile>(std::move(*written));
        else
            world_.notice(LogLevel::error, to_line(written.error()));
    }

    StartPlan plan_;
    RuntimeDir runtime_;
    asio::any_io_executor executor_;
    SteadyClock clock_;
    Reaper reaper_;
    ProxyProcesses proxies_;
    World world_;
    Supervision supervision_;
    ControlServer server_;
    std::unique_ptr<PidFile> pid_file_;
};

Supervisor::Supervisor(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Supervisor::~Supervisor() = default;

Result<std::unique_ptr<Supervisor>> Supervisor::create(asio::io_context& context, Config config,
                                                       EventSink events) {
    std::signal(SIGPIPE, SIG_IGN); // a client or proxy that hangs up is an error value
    auto plan = plan_start(std::move(config));
    if (!plan)
        return plan.error();
    raise_descriptor_limit();
    const Config& asked = plan->config;
    auto runtime = RuntimeDir::open(asked.runtime_dir, asked.control_mode, plan->control_group);
    if (!runtime)
        return runtime.error();
    auto control = runtime->listen_control(asked.control_mode, plan->control_group);
    if (!control)
        return control.error();
    std::vector<ListeningSocketPtr> bound;
    for (const NamedAddress& listen : plan->listen) {
        auto socket = bind_listen(listen.name, listen.address);
        if (!socket) {
            for (const ListeningSocketPtr& earlier : bound)
                remove_path_of(*earlier);
            return socket.error();
        }
        bound.push_back(std::make_shared<const ListeningSocket>(std::move(*socket)));
    }
    auto parts = std::make_unique<Parts>(context, std::move(*plan), std::move(*runtime),
                                         std::move(*control), std::move(bound), std::move(events));
    return std::unique_ptr<Supervisor>(new Supervisor(std::move(parts)));
}

void Supervisor::start(std::function<void()> on_serving, std::function<void(Exit)> on_exit) {
    parts_->start(std::move(on_serving), std::move(on_exit));
}

void Supervisor::reload(ReloadOptions options, std::function<void(const ReloadReport&)> on_done) {
    parts_->reload(options, std::move(on_done));
}

void Supervisor::stop(StopMode mode) {
    parts_->supervision().stop(mode);
}

void Supervisor::die_of(int signal) {
    parts_->supervision().die_of(signal);
}

} // namespace reload
