// Addresses of `--listen`: parsed and printed. Equality means the same socket.
#pragma once

#include <reload/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace reload {

enum class AddressFamily { ipv4, ipv6, unix_path, unix_abstract };

struct ListenAddress {
    AddressFamily family = AddressFamily::ipv4;
    std::string host; ///< numeric address; path; or abstract name
    std::uint16_t port = 0;

    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Understands `0.0.0.0:80`, `*:80`, `:80` (every IPv4 address, as HAProxy means it),
/// `[::]:80`, `:::80` (as HAProxy writes it), `unix@/path` and `abns@name`. Host names are refused:
/// what is bound must not depend on a name server.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

/// The canonical form, as `status` prints it.
[[nodiscard]] std::string to_string(const ListenAddress& address);

} // namespace reload
