#include "model/listen_address.hpp"

#include "model/number.hpp"

#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <sys/un.h>

namespace reload {
namespace {

Error wrong(std::string_view text, std::string why) {
    return plain_error(Stage::options, fmt::format("address '{}'", text), std::move(why));
}

/// The canonical spelling of a numeric address, or nothing.
std::optional<std::string> canonical(int family, const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> printed{};
    if (inet_pton(family, host.c_str(), bytes.data()) != 1)
        return std::nullopt;
    if (inet_ntop(family, bytes.data(), printed.data(), printed.size()) == nullptr)
        return std::nullopt;
    return std::string(printed.data());
}

Result<ListenAddress> parse_unix(std::string_view text, std::string_view name,
                                 AddressFamily family) {
    // sun_path holds 108 bytes: a path needs its final NUL, an abstract name its leading one.
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    if (name.empty())
        return wrong(text, "the name is empty");
    if (name.size() > longest)
        return wrong(text, fmt::format("longer than the {} bytes a socket name can have", longest));
    if (family == AddressFamily::unix_path && name.front() != '/')
        return wrong(text, "the path must be absolute");
    return ListenAddress{family, std::string(name), 0};
}

} // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
    if (text.starts_with("unix@"))
        return parse_unix(text, text.substr(5), AddressFamily::unix_path);
    if (text.starts_with("abns@"))
        return parse_unix(text, text.substr(5), AddressFamily::unix_abstract);
    if (text.starts_with("/"))
        return parse_unix(text, text, AddressFamily::unix_path);

    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return wrong(text, "expected HOST:PORT, unix@/path or abns@name");
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!port || *port == 0)
        return wrong(text, "the port must be a number from 1 to 65535");

    std::string host(text.substr(0, colon));
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    if (host.empty() || host == "*")
        host = "0.0.0.0";
    if (const auto ipv4 = canonical(AF_INET, host))
        return ListenAddress{AddressFamily::ipv4, *ipv4, *port};
    if (const auto ipv6 = canonical(AF_INET6, host))
        return ListenAddress{AddressFamily::ipv6, *ipv6, *port};
    return wrong(text, "the host must be a numeric IPv4 or IPv6 address");
}

std::string to_string(const ListenAddress& address) {
    switch (address.family) {
    case AddressFamily::ipv4:
        return fmt::format("{}:{}", address.host, address.port);
    case AddressFamily::ipv6:
        return fmt::format("[{}]:{}", address.host, address.port);
    case AddressFamily::unix_path:
        return "unix@" + address.host;
    case AddressFamily::unix_abstract:
        return "abns@" + address.host;
    }
    return {};
}

} // namespace reload
