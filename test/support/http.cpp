#include "support/http.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace support {
namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    template <class T>
    T& as() {
        length = sizeof(T);
        return reinterpret_cast<T&>(storage);
    }
};

Address parse(const std::string& text) {
    Address address;
    const bool abstract = text.starts_with("abns@");
    if (abstract || text.starts_with("unix@")) {
        auto& local = address.as<sockaddr_un>();
        local.sun_family = AF_UNIX;
        // HAProxy names an abstract socket by all 108 bytes.
        std::memcpy(local.sun_path + (abstract ? 1 : 0), text.data() + 5, text.size() - 5);
        return address;
    }
    const std::size_t colon = text.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)));
    if (text.front() == '[') {
        auto& inet = address.as<sockaddr_in6>();
        inet.sin6_family = AF_INET6;
        inet.sin6_port = htons(port);
        ::inet_pton(AF_INET6, text.substr(1, colon - 2).c_str(), &inet.sin6_addr);
    } else {
        auto& inet = address.as<sockaddr_in>();
        inet.sin_family = AF_INET;
        inet.sin_port = htons(port);
        ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &inet.sin_addr);
    }
    return address;
}

/// The value of a header, its name in lower case; empty when there is none.
std::string header(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        if (line.size() > name.size() + 2 && line[name.size()] == ':' &&
            ::strncasecmp(line.data(), name.data(), name.size()) == 0)
            return std::string(line.substr(name.size() + 2));
        if (end == std::string_view::npos)
            break;
        head.remove_prefix(end + 2);
    }
    return {};
}

} // namespace

Client::Client(const std::string& address) {
    Address target = parse(address);
    fd_ = ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* const raw = reinterpret_cast<const sockaddr*>(&target.storage);
    if (fd_ < 0 || ::connect(fd_, raw, target.length) != 0)
        problem_ = errno;
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), problem_(other.problem_),
      unread_(std::move(other.unread_)) {}

Client::~Client() {
    if (fd_ >= 0)
        ::close(fd_);
}

bool Client::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Client::read_more(std::chrono::steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd ready{fd_, POLLIN, 0};
    if (left.count() < 0 || ::poll(&ready, 1, static_cast<int>(left.count())) != 1)
        return false;
    std::array<char, 16 * 1024> part{};
    const ssize_t size = ::recv(fd_, part.data(), part.size(), 0);
    if (size <= 0)
        return false;
    unread_.append(part.data(), static_cast<std::size_t>(size));
    return true;
}

std::optional<Answer> Client::answer(std::chrono::milliseconds within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    std::size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos)
        if (!read_more(deadline))
            return std::nullopt;
    const std::string head = unread_.substr(0, end);
    unread_.erase(0, end + 4);

    Answer answer;
    answer.status = head.size() > 12 ? std::atoi(head.c_str() + 9) : 0;
    answer.served_by = header(head, "x-served-by");
    const std::string length = header(head, "content-length");
    const auto whole = [&] {
        return length.empty() ? unread_.ends_with("0\r\n\r\n")
                              : unread_.size() >= std::stoul(length);
    };
    while (!whole())
        if (!read_more(deadline))
            return std::nullopt;
    const std::size_t size = length.empty() ? unread_.size() : std::stoul(length);
    answer.body = unread_.substr(0, size);
    unread_.erase(0, size);
    return answer;
}

std::optional<std::string> Client::rest(std::chrono::milliseconds within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (read_more(deadline)) {
    }
    if (!closed())
        return std::nullopt;
    return std::exchange(unread_, {});
}

bool Client::closed() const {
    char byte = 0;
    const ssize_t size = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN);
}

std::optional<Answer> Client::get(std::string_view path) {
    if (problem_ != 0 || !send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n"))
        return std::nullopt;
    return answer();
}

int try_connect(const std::string& address) {
    return Client(address).problem();
}

std::optional<Answer> get(const std::string& address) {
    return Client(address).get();
}

std::string served_by(const std::string& address) {
    Client client(address);
    if (client.problem() != 0)
        return "refused";
    const auto answer = client.get();
    return answer ? answer->served_by : "lost";
}

bool comes_to_serve(const std::string& address, const std::string& generation) {
    std::string server;
    const bool answered = eventually([&] {
        server = served_by(address);
        return server == generation || server == "lost" || server == "refused";
    });
    return answered && server == generation;
}

HeldRequest::HeldRequest(const std::string& address) : client_(address) {
    if (client_.problem() != 0 ||
        !client_.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n"))
        throw std::runtime_error("a request to " + address + " could not be sent");
}

std::optional<Answer> HeldRequest::finish() {
    if (!client_.send("hello"))
        return std::nullopt;
    return client_.answer();
}

Listener::Listener(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    Address address = parse("127.0.0.1:" + std::to_string(port));
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
        ::listen(fd_, 5) != 0)
        throw std::system_error(errno, std::system_category(), "listen");
}

Listener::~Listener() {
    ::close(fd_);
}

} // namespace support
