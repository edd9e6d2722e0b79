#include "detach.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace reloadd {
namespace {

[[noreturn]] void wait_for_child(int from_child, pid_t child) {
    char byte = 0;
    ssize_t size = 0;
    do
        size = ::read(from_child, &byte, 1);
    while (size < 0 && errno == EINTR);
    if (size == 1)
        ::_exit(EXIT_SUCCESS);
    int status = 0;
    if (::waitpid(child, &status, 0) == child && WIFEXITED(status))
        ::_exit(WEXITSTATUS(status));
    ::_exit(EXIT_FAILURE);
}

void replace_by_null(int descriptor) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        ::dup2(null, descriptor);
        ::close(null);
    }
}

} // namespace

Detach::Detach() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        std::perror("reloadd: pipe");
        std::exit(EXIT_FAILURE);
    }
    const pid_t child = ::fork();
    if (child < 0) {
        std::perror("reloadd: fork");
        std::exit(EXIT_FAILURE);
    }
    if (child > 0) {
        ::close(ends[1]);
        wait_for_child(ends[0], child);
    }
    ::close(ends[0]);
    to_parent_ = ends[1];
    ::setsid();
    // Now, not later: a proxy that inherited them would keep the caller's pipes open for ever.
    replace_by_null(STDIN_FILENO);
    replace_by_null(STDOUT_FILENO);
}

Detach::~Detach() {
    if (to_parent_ >= 0)
        ::close(to_parent_);
}

void Detach::done() {
    const char byte = 0;
    if (::write(to_parent_, &byte, 1) != 1)
        return; // the parent was killed; nobody waits
    ::close(to_parent_);
    to_parent_ = -1;
    replace_by_null(STDERR_FILENO);
}

} // namespace reloadd
