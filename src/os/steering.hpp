// Which socket of a SO_REUSEPORT group gets new connections.
#pragma once

#include "port/listening_socket.hpp"

namespace reload {

/// Sends every new connection of the group that `member` belongs to, to the `fresh` sockets that
/// joined it after the first `before` ones. The kernel numbers a group's sockets in the order in
/// which they began to listen; when one closes, the last takes its number
/// (net/core/sock_reuseport.c). Needs no privilege. False where the kernel refuses.
[[nodiscard]] bool steer_to_latest(const ListeningSocket& member, unsigned before, unsigned fresh);

/// Back to the kernel's own choice among all of the group.
void end_steering(const ListeningSocket& member);

} // namespace reload
