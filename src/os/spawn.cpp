#include "os/spawn.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

/// The limit of open descriptors as the caller gave it; unset: never raised.
std::optional<rlimit> caller_limit;

/// What the child does between vfork and exec. It runs on the parent's memory and stack while the
/// parent waits: only system calls, no allocation, no return. Leaves the cause of a failure in
/// `problem`.
[[noreturn]] void become(const SpawnPlan& plan, char* const* argv, char* const* envp,
                         volatile int& problem) {
    ::setsid();
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction plain {};
        plain.sa_handler = SIG_DFL;
        ::sigaction(number, &plain, nullptr); // SIGKILL and SIGSTOP refuse, rightly
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (caller_limit)
        ::setrlimit(RLIMIT_NOFILE, &*caller_limit);
    for (const int fd : plan.inherited)
        ::fcntl(fd, F_SETFD, 0);
    if (plan.standard_output >= 0)
        ::dup2(plan.standard_output, STDOUT_FILENO);
    if (plan.standard_error >= 0)
        ::dup2(plan.standard_error, STDERR_FILENO);
    ::execve(plan.program.c_str(), argv, envp);
    problem = errno;
    ::_exit(127);
}

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

void raise_descriptor_limit() {
    rlimit limit{};
    if (caller_limit || ::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    caller_limit = limit;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<pid_t> spawn(const SpawnPlan& plan) {
    std::vector<std::string> words{plan.program};
    words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
    const std::vector<char*> argv = pointers(words);
    const std::vector<char*> envp = pointers(plan.environment);

    // No handler of ours may run in the child, which shares our memory until it execs.
    sigset_t every;
    sigset_t before;
    sigfillset(&every);
    ::pthread_sigmask(SIG_SETMASK, &every, &before);
    volatile int problem = 0;
    const pid_t pid = ::vfork(); // NOLINT: fork would copy the page tables of a large supervisor
    if (pid == 0)
        become(plan, argv.data(), envp.data(), problem);
    const int vfork_problem = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

    int cause = problem;
    if (pid < 0)
        cause = vfork_problem;
    else if (cause != 0)
        ::waitpid(pid, nullptr, 0);
    if (cause != 0)
        return Error{Stage::start, plan.program, std::error_code(cause, std::system_category()),
                     "cannot run"};
    return pid;
}

void kill_with_group(pid_t pid) {
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL); // it may have left its group
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
