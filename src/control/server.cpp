#include "control/server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace reload {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

/// No more clients than this at once, so that a flood leaves descriptors for the work. One that has
/// not said anything gives way to a new one.
constexpr std::size_t most_clients = 256;

/// One answer that asks for nothing and waits for nothing.
void refuse(asio::local::stream_protocol::socket& socket, std::string_view status,
            std::string_view line) {
    const std::string body = fmt::format("{{\"error\":\"{}\"}}\n", line);
    const std::string answer =
        fmt::format("HTTP/1.1 {}\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    status, body.size(), body);
    ::send(socket.native_handle(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

ControlServer::ControlServer(const asio::any_io_executor& executor, UniqueFd listener,
                             ControlAccess access, Supervision& supervision, Clock& clock)
    : executor_(executor), acceptor_(executor), access_(access), supervision_(supervision),
      clock_(clock), closing_(executor), sessions_(executor) {
    acceptor_.assign(asio::local::stream_protocol(), listener.release());
}

void ControlServer::start() {
    sessions_.start(accept());
}

Awaitable<void> ControlServer::accept() {
    while (!closing_.is_set()) {
        constexpr auto token = asio::as_tuple(asio::use_awaitable);
        co_await acceptor_.async_wait(asio::socket_base::wait_read, token);
        if (!acceptor_.is_open())
            co_return;
        // Not by Asio, whose accept leaves the descriptor open over exec: a proxy that is started
        // in between would hold our client's connection.
        const int fd =
            ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            // Out of descriptors, most likely: the clients that leave give some back.
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
                co_await (clock_.sleep_for(100ms) || closing_.wait());
            continue;
        }
        Socket socket(executor_, asio::local::stream_protocol(), fd);
        if (!permitted(socket)) {
            refuse(socket, "403 Forbidden", "not permitted");
        } else if (!make_room()) {
            refuse(socket, "503 Service Unavailable", "too many requests at once");
        } else {
            auto state = std::make_shared<SessionState>(executor_);
            states_.push_back(state);
            sessions_.start(serve(std::move(socket), std::move(state)));
        }
    }
}

bool ControlServer::make_room() {
    const auto present = static_cast<std::size_t>(
        std::count_if(states_.begin(), states_.end(),
                      [](const auto& state) { return !state->evicted.is_set(); }));
    if (present < most_clients)
        return true;
    const auto idle = std::find_if(states_.begin(), states_.end(), [](const auto& state) {
        return !state->busy && !state->evicted.is_set();
    });
    if (idle == states_.end())
        return false;
    (*idle)->evicted.set();
    return true;
}

Awaitable<void> ControlServer::serve(Socket socket, std::shared_ptr<SessionState> state) {
    co_await (serve_session(std::move(socket), supervision_, state) || state->evicted.wait() ||
              closing_.wait());
    states_.remove(state);
}

bool ControlServer::permitted(Socket& socket) const {
    ucred peer{};
    socklen_t length = sizeof(peer);
    const int fd = socket.native_handle();
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    if (peer.uid == 0 || peer.uid == ::geteuid() || (access_.mode & 0002) != 0)
        return true;
    if ((access_.mode & 0020) == 0)
        return false;
    std::vector<gid_t> groups(1024);
    socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0)
        size = 0;
    groups.resize(size / sizeof(gid_t));
    groups.push_back(peer.gid);
    return std::find(groups.begin(), groups.end(), access_.group) != groups.end();
}

Awaitable<void> ControlServer::finish(std::chrono::milliseconds patience) {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    co_await (sessions_.wait_until_left(0) || clock_.sleep_for(patience));
    closing_.set();
    co_await sessions_.wait_until_left(0);
}

} // namespace reload
