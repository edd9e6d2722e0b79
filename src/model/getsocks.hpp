// The bytes of HAProxy's `_getsocks` exchange, by which listening sockets pass between processes.
// Pure: descriptors travel beside these bytes, see os/handover and os/admin_channel.
//
// Source: src/cli.c (cli_parse_simple `_getsocks`) and src/sock.c (sock_get_old_sockets) of HAProxy
// 1.8 to 3.5; measured on 2.6.12. The client writes `_getsocks\n`; the server answers an int32
// (host byte order) with the number of sockets, then messages of at most 252 descriptors (253
// before 2.6), each with one record per descriptor: u8 length and name of the network namespace, u8
// length and name of the interface, int32 options (0 and ignored from 2.3 on). After each message
// the client sends an int32 whose value nobody reads. No sockets: plain end of file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reload {

inline constexpr std::string_view getsocks_request = "_getsocks\n";

/// Descriptors in a message of ours; every version accepts this many (SCM_MAX_FD is 253).
inline constexpr std::size_t getsocks_batch = 252;

/// The largest number of descriptors in a message of any version.
inline constexpr std::size_t getsocks_largest_batch = 253;

/// A peer that announces more than this is not believed.
inline constexpr std::int32_t getsocks_most_sockets = 1'000'000;

/// The longest possible record: two names of 255 bytes, their lengths, the options.
inline constexpr std::size_t getsocks_longest_record = 1 + 255 + 1 + 255 + 4;

/// What the sender says of one descriptor. HAProxy matches an inherited socket with a `bind` line
/// by address, type, namespace and interface, so these travel back unchanged.
struct SocketTag {
    std::string network_namespace;
    std::string interface_name;

    friend bool operator==(const SocketTag&, const SocketTag&) = default;
};

/// The records of one message. A name longer than 255 bytes is cut (neither kind can be).
[[nodiscard]] std::string encode_tags(std::span<const SocketTag> tags);

/// The records of one message with `count` descriptors; nothing where the bytes do not hold exactly
/// that many records.
[[nodiscard]] std::optional<std::vector<SocketTag>> decode_tags(std::string_view bytes,
                                                                std::size_t count);

} // namespace reload
