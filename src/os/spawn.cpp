#include "os/spawn.hpp"

#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

namespace reload {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (const std::string& word : words)
        result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

/// Owns posix_spawn's two descriptions.
class SpawnSettings {
public:
    SpawnSettings() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

ExitStatus status_of(int wait_status) {
    ExitStatus status;
    if (WIFSIGNALED(wait_status))
        status.signal = WTERMSIG(wait_status);
    else
        status.code = WEXITSTATUS(wait_status);
    return status;
}

} // namespace

std::string to_string(ExitStatus status) {
    if (status.signal != 0)
        return fmt::format("killed by signal {} ({})", status.signal, ::strsignal(status.signal));
    return fmt::format("exit code {}", status.code);
}

Result<pid_t> spawn(const SpawnPlan& plan) {
    SpawnSettings settings;
    // dup2 of a descriptor onto itself clears its close-on-exec flag (glibc 2.29 and POSIX).
    for (const int fd : plan.inherited)
        posix_spawn_file_actions_adddup2(&settings.actions, fd, fd);
    if (plan.standard_output >= 0)
        posix_spawn_file_actions_adddup2(&settings.actions, plan.standard_output, STDOUT_FILENO);
    if (plan.standard_error >= 0)
        posix_spawn_file_actions_adddup2(&settings.actions, plan.standard_error, STDERR_FILENO);

    sigset_t every;
    sigset_t none;
    sigfillset(&every);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&settings.attributes, &every);
    posix_spawnattr_setsigmask(&settings.attributes, &none);
    posix_spawnattr_setpgroup(&settings.attributes, 0);
    posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                       POSIX_SPAWN_SETPGROUP);

    std::vector<std::string> words{plan.program};
    words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
    const std::vector<char*> argv = pointers(words);
    const std::vector<char*> envp = pointers(plan.environment);
    pid_t pid = 0;
    const int problem = ::posix_spawn(&pid, plan.program.c_str(), &settings.actions,
                                      &settings.attributes, argv.data(), envp.data());
    if (problem != 0)
        return Error{Stage::start, plan.program, std::error_code(problem, std::system_category()),
                     "cannot run"};
    return pid;
}

Reaper::Reaper(const asio::any_io_executor& executor, bool orphans)
    : child_signal_(executor, SIGCHLD), orphans_(orphans) {
    wait_for_signal();
}

void Reaper::watch(pid_t pid, std::function<void(ExitStatus)> ended) {
    watched_.emplace(pid, std::move(ended));
}

void Reaper::stop() {
    boost::system::error_code ignored;
    child_signal_.cancel(ignored);
}

void Reaper::wait_for_signal() {
    child_signal_.async_wait([this](const boost::system::error_code& problem, int) {
        if (problem)
            return;
        reap();
        wait_for_signal();
    });
}

void Reaper::reap() {
    // Signals coalesce: one SIGCHLD may stand for many ends.
    for (;;) {
        siginfo_t ended{};
        if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0)
            return;
        const auto found = watched_.find(ended.si_pid);
        if (found == watched_.end() && !orphans_)
            break; // somebody else's child: it hides those behind it, so ask for ours by number
        int status = 0;
        ::waitpid(ended.si_pid, &status, 0);
        if (found == watched_.end())
            continue;
        const auto tell = std::move(found->second);
        watched_.erase(found);
        tell(status_of(status));
    }
    std::vector<pid_t> pids;
    for (const auto& [pid, tell] : watched_)
        pids.push_back(pid);
    for (const pid_t pid : pids) {
        int status = 0;
        if (::waitpid(pid, &status, WNOHANG) != pid)
            continue;
        auto node = watched_.extract(pid);
        node.mapped()(status_of(status));
    }
}

} // namespace reload
