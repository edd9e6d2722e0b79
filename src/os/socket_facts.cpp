#include "os/socket_facts.hpp"

#include "os/unix_diag.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace reload {
namespace {

std::string inet_text(int family, const void* host, in_port_t port) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family, host, text.data(), text.size());
    const char* const form = family == AF_INET6 ? "[{}]:{}" : "{}:{}";
    return fmt::format(fmt::runtime(form), text.data(), ntohs(port));
}

/// "/run/x.sock.4242.tmp" gives "/run/x.sock".
std::string_view without_temporary_ending(std::string_view path) {
    constexpr std::string_view ending = ".tmp";
    if (!path.ends_with(ending))
        return path;
    const std::string_view stem = path.substr(0, path.size() - ending.size());
    const std::size_t dot = stem.rfind('.');
    if (dot == std::string_view::npos || dot + 1 == stem.size())
        return path;
    const std::string_view pid = stem.substr(dot + 1);
    if (pid.find_first_not_of("0123456789") != std::string_view::npos)
        return path;
    return stem.substr(0, dot);
}

std::string unix_text(const sockaddr_un& address, socklen_t length) {
    const std::size_t used = length - offsetof(sockaddr_un, sun_path);
    if (used == 0)
        return "unix@";
    std::string_view name(address.sun_path, used);
    if (name.front() == '\0') {
        // HAProxy pads an abstract name with NULs to its full length.
        name.remove_prefix(1);
        const std::size_t last = name.find_last_not_of('\0');
        return "abns@" + std::string(name.substr(0, last + 1));
    }
    name = name.substr(0, name.find('\0'));
    return "unix@" + std::string(without_temporary_ending(name));
}

std::string type_text(int family, int type) {
    if (family == AF_UNIX)
        return type == SOCK_DGRAM ? "unix-dgram" : "unix";
    return type == SOCK_DGRAM ? "udp" : "tcp";
}

} // namespace

std::string address_text(const sockaddr_storage& address, socklen_t length) {
    switch (address.ss_family) {
    case AF_INET: {
        const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
        return inet_text(AF_INET, &inet.sin_addr, inet.sin_port);
    }
    case AF_INET6: {
        const auto& inet = reinterpret_cast<const sockaddr_in6&>(address);
        return inet_text(AF_INET6, &inet.sin6_addr, inet.sin6_port);
    }
    case AF_UNIX:
        return unix_text(reinterpret_cast<const sockaddr_un&>(address), length);
    default:
        return fmt::format("family {}", address.ss_family);
    }
}

Result<ListeningSocket> describe_socket(UniqueFd fd) {
    ListeningSocket socket;
    struct stat file {};
    if (::fstat(fd.get(), &file) != 0)
        return errno_error(Stage::ready, "handed over descriptor");
    if (!S_ISSOCK(file.st_mode))
        return plain_error(Stage::ready, "handed over descriptor", "not a socket");
    socket.inode = file.st_ino;

    int type = 0;
    socklen_t type_length = sizeof(type);
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &type_length) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return errno_error(Stage::ready, "handed over socket");
    socket.address = address_text(address, length);
    socket.type = type_text(address.ss_family, type);
    socket.fd = std::move(fd);
    return socket;
}

std::optional<std::uint64_t> accept_queue_of(const ListeningSocket& socket) {
    if (socket.type == "tcp") {
        // For a listener the kernel reports its accept queue as tcpi_unacked (tcp_get_info()).
        tcp_info info{};
        socklen_t length = sizeof(info);
        if (::getsockopt(socket.fd.get(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0)
            return info.tcpi_unacked;
    } else if (socket.type == "unix") {
        if (const auto facts = ask_unix_diag(socket.inode))
            return facts->accept_queue;
    }
    return std::nullopt;
}

void remove_path_of(const ListeningSocket& socket) {
    constexpr std::string_view prefix = "unix@/";
    if (!socket.address.starts_with(prefix))
        return;
    const std::string path = socket.address.substr(prefix.size() - 1);
    struct stat file {};
    const auto facts = ask_unix_diag(socket.inode);
    if (!facts || ::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode))
        return;
    if (facts->file_inode == file.st_ino && facts->file_device == file.st_dev)
        ::unlink(path.c_str());
}

} // namespace reload
