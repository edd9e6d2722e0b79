#include "os/descriptor.hpp"

#include "model/getsocks.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>

namespace reload {
namespace {

/// Control data of a message with the most descriptors that the kernel passes (SCM_MAX_FD, 253).
constexpr std::size_t control_size = CMSG_SPACE(sizeof(int) * getsocks_largest_batch);

Awaitable<bool> wait(asio::posix::stream_descriptor& descriptor,
                     asio::posix::stream_descriptor::wait_type what) {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const auto result = co_await descriptor.async_wait(what, token);
    co_return !std::get<0>(result) && descriptor.is_open();
}

void take_descriptors(msghdr& message, std::vector<UniqueFd>& into) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            into.emplace_back(fd);
        }
    }
}

} // namespace

WaitableFd::WaitableFd(const asio::any_io_executor& executor, UniqueFd fd) : descriptor_(executor) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    descriptor_.assign(fd.release());
}

void WaitableFd::close() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
}

Awaitable<bool> WaitableFd::readable() {
    return wait(descriptor_, asio::posix::stream_descriptor::wait_read);
}

Awaitable<bool> WaitableFd::writable() {
    return wait(descriptor_, asio::posix::stream_descriptor::wait_write);
}

Result<SocketPair> make_socket_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return errno_error(Stage::start, "socketpair");
    SocketPair pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return errno_error(Stage::start, "socketpair");
    return pair;
}

Result<Received> receive_message(int socket, std::size_t most_bytes, std::size_t most_fds) {
    Received received;
    received.bytes.resize(most_bytes);
    alignas(cmsghdr) std::array<char, control_size> control{};
    iovec buffer{received.bytes.data(), received.bytes.size()};
    msghdr message{};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * std::min(most_fds, getsocks_largest_batch));
    const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (size < 0)
        return errno_error(Stage::start, "receive");
    take_descriptors(message, received.fds);
    received.bytes.resize(static_cast<std::size_t>(size));
    received.closed = size == 0;
    return received;
}

Result<std::size_t> send_message(int socket, std::string_view bytes, std::span<const int> fds) {
    alignas(cmsghdr) std::array<char, control_size> control{};
    iovec buffer{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    const ssize_t size = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (size < 0)
        return errno_error(Stage::start, "send");
    return static_cast<std::size_t>(size);
}

bool would_block(const Error& error) {
    return error.code == std::errc::resource_unavailable_try_again ||
           error.code == std::errc::operation_would_block || error.code == std::errc::interrupted;
}

} // namespace reload
