// Waiting on a raw descriptor from a coroutine, and the two ways descriptors travel: over exec (by
// number) and over a Unix socket (SCM_RIGHTS).
#pragma once

#include "port/coroutine.hpp"
#include "port/unique_fd.hpp"

#include <reload/error.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reload {

/// A non-blocking descriptor that a coroutine can wait on. Closing it ends every wait.
class WaitableFd {
public:
    /// Takes ownership of `fd` and makes it non-blocking.
    WaitableFd(const asio::any_io_executor& executor, UniqueFd fd);

    [[nodiscard]] int get() { return descriptor_.native_handle(); }
    [[nodiscard]] bool is_open() const { return descriptor_.is_open(); }
    void close();

    /// False when the descriptor was closed or the wait was cancelled.
    Awaitable<bool> readable();
    Awaitable<bool> writable();

private:
    asio::posix::stream_descriptor descriptor_;
};

/// A pair of connected stream sockets, both close-on-exec; the first one non-blocking.
struct SocketPair {
    UniqueFd ours;
    UniqueFd theirs;
};
[[nodiscard]] Result<SocketPair> make_socket_pair();

/// What one message brought.
struct Received {
    std::string bytes;
    std::vector<UniqueFd> fds; ///< close-on-exec
    bool closed = false;       ///< end of file
};

/// Receives one message: at most `most_bytes`, at most `most_fds` descriptors (surplus ones are
/// closed by the kernel). EAGAIN and every other failure are errors with their code.
[[nodiscard]] Result<Received> receive_message(int socket, std::size_t most_bytes,
                                               std::size_t most_fds);

/// Sends one message with descriptors; returns the number of bytes taken. The descriptors stay
/// ours.
[[nodiscard]] Result<std::size_t> send_message(int socket, std::string_view bytes,
                                               std::span<const int> fds);

/// True where an error only says "not now".
[[nodiscard]] bool would_block(const Error& error);

} // namespace reload
