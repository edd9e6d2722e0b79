// Owns the parsing of addresses.
#include "target.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>

namespace load {
namespace {

template <class Concrete>
Address wrap(const Concrete& concrete, std::size_t length) {
    Address address;
    std::memcpy(&address.storage, &concrete, sizeof concrete);
    address.length = static_cast<socklen_t>(length);
    return address;
}

std::optional<in_port_t> parse_port(std::string_view text) {
    in_port_t port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

std::variant<Address, Problem> loopback(std::string_view text, in_port_t port) {
    const std::string literal(text);
    in_addr v4{};
    if (inet_pton(AF_INET, literal.c_str(), &v4) == 1) {
        if ((ntohl(v4.s_addr) >> 24) != 127)
            return Problem{fmt::format("'{}' is not a loopback address", text)};
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        in.sin_addr = v4;
        return wrap(in, sizeof in);
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, literal.c_str(), &v6) == 1) {
        if (!IN6_IS_ADDR_LOOPBACK(&v6))
            return Problem{fmt::format("'{}' is not a loopback address", text)};
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        in6.sin6_addr = v6;
        return wrap(in6, sizeof in6);
    }
    return Problem{fmt::format("'{}' is not an IP address", text)};
}

std::variant<Target, Problem> parse_unix(std::string_view text, std::string_view path) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof un.sun_path)
        return Problem{fmt::format("'{}' has an empty or too long path", text)};
    path.copy(un.sun_path, path.size());
    return Target{std::string(text), "localhost",
                  wrap(un, offsetof(sockaddr_un, sun_path) + path.size() + 1)};
}

std::variant<Target, Problem> parse_abstract(std::string_view text, std::string_view name) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    if (name.empty() || name.size() >= sizeof un.sun_path)
        return Problem{fmt::format("'{}' has an empty or too long name", text)};
    // The first byte of sun_path stays zero. HAProxy's abns@ names are the whole of sun_path,
    // padded with zeros, so the length passed to the kernel is always the full one.
    name.copy(un.sun_path + 1, name.size());
    return Target{std::string(text), "localhost", wrap(un, sizeof un)};
}

} // namespace

std::variant<Target, Problem> parse_target(std::string_view text) {
    if (text.starts_with("unix@"))
        return parse_unix(text, text.substr(5));
    if (text.starts_with("abns@"))
        return parse_abstract(text, text.substr(5));

    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return Problem{fmt::format("'{}' has no port", text)};
    const auto port = parse_port(text.substr(colon + 1));
    if (!port)
        return Problem{fmt::format("'{}' has no valid port", text)};
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    if (bracketed != (host.find(':') != std::string_view::npos))
        return Problem{fmt::format("'{}': brackets belong around an IPv6 address", text)};

    auto address = loopback(host, *port);
    if (auto* problem = std::get_if<Problem>(&address))
        return std::move(*problem);
    return Target{std::string(text), std::string(text), std::get<Address>(address)};
}

std::variant<Address, Problem> parse_source(std::string_view text) {
    return loopback(text, 0);
}

} // namespace load
