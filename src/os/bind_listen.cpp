#include "os/bind_listen.hpp"

#include "os/port_holder.hpp"
#include "os/socket_facts.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace reload {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};

SocketAddress to_kernel(const ListenAddress& address) {
    SocketAddress result;
    switch (address.family) {
    case AddressFamily::ipv4: {
        auto& inet = reinterpret_cast<sockaddr_in&>(result.storage);
        inet.sin_family = AF_INET;
        inet.sin_port = htons(address.port);
        ::inet_pton(AF_INET, address.host.c_str(), &inet.sin_addr);
        result.length = sizeof(inet);
        break;
    }
    case AddressFamily::ipv6: {
        auto& inet = reinterpret_cast<sockaddr_in6&>(result.storage);
        inet.sin6_family = AF_INET6;
        inet.sin6_port = htons(address.port);
        ::inet_pton(AF_INET6, address.host.c_str(), &inet.sin6_addr);
        result.length = sizeof(inet);
        break;
    }
    case AddressFamily::unix_path:
    case AddressFamily::unix_abstract: {
        auto& local = reinterpret_cast<sockaddr_un&>(result.storage);
        local.sun_family = AF_UNIX;
        const std::size_t skip = address.family == AddressFamily::unix_abstract ? 1 : 0;
        std::memcpy(local.sun_path + skip, address.host.data(), address.host.size());
        // HAProxy names an abstract socket by all 108 bytes; so must we, to be the same socket.
        result.length =
            address.family == AddressFamily::unix_abstract
                ? static_cast<socklen_t>(sizeof(local))
                : static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.host.size() + 1);
        break;
    }
    }
    return result;
}

/// True if a Unix socket file stands there that refuses connections: its process is gone.
bool is_stale(const ListenAddress& address, const SocketAddress& kernel) {
    struct stat file {};
    if (address.family != AddressFamily::unix_path || ::lstat(address.host.c_str(), &file) != 0 ||
        !S_ISSOCK(file.st_mode))
        return false;
    const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return ::connect(probe.get(), kernel.get(), kernel.length) != 0 && errno == ECONNREFUSED;
}

void set_option(int fd, int level, int option) {
    const int on = 1;
    ::setsockopt(fd, level, option, &on, sizeof(on));
}

} // namespace

Result<ListeningSocket> bind_listen(const std::string& name, const ListenAddress& address) {
    const SocketAddress kernel = to_kernel(address);
    const std::string subject = fmt::format("--listen {}={}", name, to_string(address));
    UniqueFd fd(::socket(kernel.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return errno_error(Stage::start, subject);
    if (kernel.storage.ss_family != AF_UNIX)
        set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (kernel.storage.ss_family == AF_INET6)
        set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);

    if (::bind(fd.get(), kernel.get(), kernel.length) != 0) {
        Error error = errno_error(Stage::start, subject);
        if (error.code != std::errc::address_in_use)
            return error;
        if (!is_stale(address, kernel)) {
            if (const std::string holder = holder_of_address(to_string(address)); !holder.empty())
                error.detail = "held by " + holder;
            return error;
        }
        ::unlink(address.host.c_str());
        if (::bind(fd.get(), kernel.get(), kernel.length) != 0)
            return errno_error(Stage::start, subject);
    }
    if (::listen(fd.get(), SOMAXCONN) != 0)
        return errno_error(Stage::start, subject);
    auto socket = describe_socket(std::move(fd));
    if (socket)
        socket->listen_name = name;
    return socket;
}

} // namespace reload
