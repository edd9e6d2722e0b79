#include "support/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace support {
namespace {

constexpr unsigned close_range_cloexec = 1U << 2; // CLOSE_RANGE_CLOEXEC of <linux/close_range.h>

int memory_file(const char* name) {
    const int fd = ::memfd_create(name, MFD_CLOEXEC);
    if (fd < 0)
        throw std::system_error(errno, std::system_category(), "memfd_create");
    return fd;
}

/// Also while others still write to it.
std::string contents(int fd) {
    std::string text;
    std::array<char, 16 * 1024> part{};
    for (;;) {
        const ssize_t size = ::pread(fd, part.data(), part.size(), static_cast<off_t>(text.size()));
        if (size <= 0)
            return text;
        text.append(part.data(), static_cast<std::size_t>(size));
    }
}

/// What a test inherits by accident must not steer the programs it tests.
std::vector<std::string> clean_environment(const std::vector<std::string>& added) {
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const bool steers = text.starts_with("RELOADD_") || text.starts_with("NOTIFY_SOCKET") ||
                            text.starts_with("LISTEN_") || text.starts_with("HAPROXY_") ||
                            text.starts_with("XDG_RUNTIME_DIR");
        if (!steers)
            result.emplace_back(text);
    }
    result.insert(result.end(), added.begin(), added.end());
    return result;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> result;
    for (const std::string& word : words)
        result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

} // namespace

Process::Process(const ProcessSetup& setup)
    : out_(memory_file("stdout")), err_(memory_file("stderr")) {
    const int in = memory_file("stdin");
    if (::write(in, setup.input.data(), setup.input.size()) !=
            static_cast<ssize_t>(setup.input.size()) ||
        ::lseek(in, 0, SEEK_SET) != 0)
        throw std::system_error(errno, std::system_category(), "standard input");
    const std::vector<std::string> environment = clean_environment(setup.environment);
    const std::vector<char*> argv = pointers(setup.argv);
    const std::vector<char*> envp = pointers(environment);
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::system_error(errno, std::system_category(), "fork");
    if (pid_ == 0) {
        ::setpgid(0, 0);
        if (!setup.folder.empty() && ::chdir(setup.folder.c_str()) != 0)
            ::_exit(125);
        ::dup2(in, STDIN_FILENO);
        ::dup2(out_, STDOUT_FILENO);
        ::dup2(err_, STDERR_FILENO);
        // Whatever else runs this test may have left open: reloadd hands on what it inherits.
        ::syscall(SYS_close_range, 3U, ~0U, close_range_cloexec);
        ::execvpe(argv[0], argv.data(), envp.data());
        ::_exit(errno == ENOENT ? 127 : 126);
    }
    ::setpgid(pid_, pid_); // whichever of the two comes first
    ::close(in);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)), end_(other.end_) {}

Process::~Process() {
    if (pid_ < 0)
        return;
    if (!end_) {
        ::kill(-pid_, SIGKILL);
        reap(true);
    }
    ::close(out_);
    ::close(err_);
}

void Process::reap(bool wait) {
    int status = 0;
    if (end_ || ::waitpid(pid_, &status, wait ? 0 : WNOHANG) != pid_)
        return;
    Ended end;
    if (WIFSIGNALED(status))
        end.signal = WTERMSIG(status);
    else
        end.code = WEXITSTATUS(status);
    end_ = end;
}

bool Process::running() {
    reap(false);
    return !end_;
}

void Process::signal(int number) const {
    if (!end_) // until it is reaped its number can't mean another process
        ::kill(pid_, number);
}

std::optional<Ended> Process::ended(std::chrono::milliseconds within) {
    if (running()) {
        const int watch = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
        pollfd end{watch, POLLIN, 0};
        ::poll(&end, 1, static_cast<int>(within.count()));
        ::close(watch);
        reap(false);
    }
    return end_;
}

std::string Process::out() const {
    return contents(out_);
}

std::string Process::err() const {
    return contents(err_);
}

CommandResult run(const ProcessSetup& setup, std::chrono::milliseconds deadline) {
    Process process(setup);
    CommandResult result;
    result.end = process.ended(deadline);
    result.out = process.out();
    result.err = process.err();
    return result;
}

CommandResult run(std::vector<std::string> argv, std::chrono::milliseconds deadline) {
    ProcessSetup setup;
    setup.argv = std::move(argv);
    return run(setup, deadline);
}

} // namespace support
