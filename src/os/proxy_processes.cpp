#include "os/proxy_processes.hpp"

#include "model/environment.hpp"
#include "os/config_reader.hpp"
#include "os/handover.hpp"
#include "os/port_holder.hpp"
#include "os/proxy_process.hpp"
#include "os/socket_facts.hpp"
#include "os/steering.hpp"
#include <reload/duration.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sys/mman.h>
#include <unistd.h>

namespace reload {
namespace {

/// A file without a name that a child reads as /proc/self/fd/N.
Result<UniqueFd> make_memory_file(const std::string& name, std::string_view text) {
    UniqueFd file(::memfd_create(name.c_str(), MFD_CLOEXEC));
    if (!file)
        return errno_error(Stage::start, "memfd");
    while (!text.empty()) {
        const ssize_t written = ::write(file.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return errno_error(Stage::start, "memfd");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return file;
}

/// A check under way; a check that nobody waits for any more is killed.
class RunningCheck {
public:
    RunningCheck(const asio::any_io_executor& executor, Reaper& reaper, pid_t pid)
        : pid_(pid), end_(std::make_shared<ProcessEnd>(executor)) {
        reaper.watch(pid, [end = end_](ExitStatus status) {
            end->status = status;
            end->ended.set();
        });
    }
    ~RunningCheck() {
        if (!end_->ended.is_set())
            kill_with_group(pid_);
    }
    RunningCheck(const RunningCheck&) = delete;
    RunningCheck& operator=(const RunningCheck&) = delete;

    [[nodiscard]] ProcessEnd& end() { return *end_; }

private:
    pid_t pid_;
    std::shared_ptr<ProcessEnd> end_;
};

} // namespace

ProxyProcesses::ProxyProcesses(asio::any_io_executor executor, Clock& clock, Reaper& reaper,
                               ProxyCommand command)
    : executor_(std::move(executor)), clock_(clock), reaper_(reaper), command_(std::move(command)) {
}

Result<ConfigText> ProxyProcesses::read_config() {
    return read_config_text(command_.dialect, command_.line);
}

SpawnPlan ProxyProcesses::plan_for(GenerationId generation,
                                   const std::vector<ListeningSocketPtr>& sockets) const {
    SpawnPlan plan;
    plan.program = command_.program;
    std::vector<std::string> added{fmt::format("RELOADD_GENERATION={}", generation)};
    for (const ListeningSocketPtr& socket : sockets) {
        if (socket->listen_name.empty())
            continue;
        added.push_back(fmt::format("{}={}", socket->listen_name, socket->fd.get()));
        plan.inherited.push_back(socket->fd.get());
    }
    plan.environment =
        make_environment(command_.environment, command_.dialect.cleaned_environment, added);
    return plan;
}

Awaitable<CheckOutcome> ProxyProcesses::check(GenerationId generation,
                                              std::vector<ListeningSocketPtr> sockets,
                                              std::chrono::milliseconds deadline) {
    using namespace asio::experimental::awaitable_operators;
    CheckOutcome outcome;
    UniqueFd write_end;
    auto output = OutputPipe::make(executor_, OutputPipe::Passing::keep_only, write_end);
    if (!output) {
        outcome.reason = to_line(output.error());
        co_return outcome;
    }
    SpawnPlan plan = plan_for(generation, sockets);
    plan.arguments = command_.dialect.check_arguments(command_.line);
    plan.standard_output = write_end.get();
    plan.standard_error = write_end.get();
    const auto pid = spawn(plan);
    write_end.reset();
    if (!pid) {
        outcome.reason = to_line(pid.error());
        co_return outcome;
    }
    RunningCheck check(executor_, reaper_, *pid);
    (*output)->start();
    co_await (check.end().ended.wait() || clock_.sleep_for(deadline));

    outcome.output = (*output)->tail();
    (*output)->stop();
    if (!check.end().ended.is_set()) {
        outcome.reason = fmt::format("the check did not end within {}",
                                     format_milliseconds(static_cast<double>(deadline.count())));
        co_return outcome;
    }
    outcome.exit = check.end().status;
    outcome.passed = check.end().status.success();
    if (!outcome.passed) {
        outcome.reason = command_.dialect.first_complaint(outcome.output);
        if (outcome.reason.empty())
            outcome.reason = "the check ended with " + to_string(*outcome.exit);
    }
    co_return outcome;
}

Result<std::unique_ptr<Proxy>> ProxyProcesses::start(const StartRequest& request) {
    auto admin = make_socket_pair();
    if (!admin)
        return admin.error();
    const auto admin_file =
        make_memory_file("reloadd-admin.cfg", command_.dialect.admin_config(admin->theirs.get()));
    if (!admin_file)
        return admin_file.error();

    StartParts parts;
    parts.admin = admin->theirs.get();
    parts.admin_config = admin_file->get();
    parts.first = request.first;
    SpawnPlan plan = plan_for(request.generation, request.sockets);
    plan.inherited.push_back(*parts.admin);
    plan.inherited.push_back(*parts.admin_config);

    std::vector<ListeningSocketPtr> handed; // those of --listen are inherited by number
    for (const ListeningSocketPtr& socket : request.sockets)
        if (socket->listen_name.empty())
            handed.push_back(socket);
    SocketPair handover;
    if (!handed.empty()) {
        auto pair = make_socket_pair();
        if (!pair)
            return pair.error();
        handover = std::move(*pair);
        parts.handover = handover.theirs.get();
        plan.inherited.push_back(*parts.handover);
    }

    std::vector<UniqueFd> texts;
    if (request.text != nullptr)
        for (const ConfigFile& file : request.text->files) {
            const std::string path = std::filesystem::absolute(
                std::filesystem::path(command_.line.working_folder) / file.path);
            const std::string relocated = command_.dialect.relocated(file.text, path);
            auto text = make_memory_file("reloadd-text.cfg", relocated);
            if (!text)
                return text.error();
            parts.config_paths.push_back(fmt::format("/proc/self/fd/{}", text->get()));
            plan.inherited.push_back(text->get());
            texts.push_back(std::move(*text));
        }

    UniqueFd write_end;
    auto output = OutputPipe::make(executor_,
                                   command_.line.quiet ? OutputPipe::Passing::keep_only
                                                       : OutputPipe::Passing::pass_on,
                                   write_end);
    if (!output)
        return output.error();
    plan.standard_error = write_end.get();
    plan.arguments = command_.dialect.start_arguments(command_.line, parts);
    const auto pid = spawn(plan);
    if (!pid)
        return pid.error();

    (*output)->start();
    std::shared_ptr<WaitableFd> peer;
    if (handover.ours) {
        peer = std::make_shared<WaitableFd>(executor_, std::move(handover.ours));
        asio::co_spawn(executor_, serve_handover(peer, std::move(handed)), asio::detached);
    }
    return std::unique_ptr<Proxy>(std::make_unique<ProxyProcess>(
        executor_, command_.dialect, reaper_, *pid, std::move(admin->ours), *output, peer));
}

std::string ProxyProcesses::holder_of(const std::string& address) {
    return holder_of_address(address);
}

std::optional<std::uint64_t> ProxyProcesses::accept_queue(const ListeningSocket& socket) {
    return accept_queue_of(socket);
}

std::optional<std::uint64_t> ProxyProcesses::resident_kib(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/statm", pid));
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    if (!(file >> total >> resident))
        return std::nullopt;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

bool ProxyProcesses::steer_to_latest(const ListeningSocket& member, unsigned before,
                                     unsigned fresh) {
    return reload::steer_to_latest(member, before, fresh);
}

void ProxyProcesses::end_steering(const ListeningSocket& member) {
    reload::end_steering(member);
}

void ProxyProcesses::retire(const ListeningSocket& socket) {
    remove_path_of(socket);
}

} // namespace reload
