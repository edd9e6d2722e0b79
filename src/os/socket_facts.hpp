// What the kernel says of a socket: address, type, inode, accept queue, the file of a Unix socket.
#pragma once

#include "port/listening_socket.hpp"

#include <reload/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <sys/socket.h>

namespace reload {

/// Reads address, type and inode of a socket and takes ownership of it.
[[nodiscard]] Result<ListeningSocket> describe_socket(UniqueFd fd);

/// A socket address as `status` prints it. HAProxy binds a Unix socket as PATH.PID.tmp and renames
/// it, which the kernel doesn't learn of: that ending is taken off.
[[nodiscard]] std::string address_text(const sockaddr_storage& address, socklen_t length);

/// Connections that wait to be accepted; nothing where the kernel counts none (UDP).
[[nodiscard]] std::optional<std::uint64_t> accept_queue_of(const ListeningSocket& socket);

/// Removes the path of a Unix socket, if what stands there is still this very socket.
void remove_path_of(const ListeningSocket& socket);

} // namespace reload
