// The peer of a proxy's `-x`: answers `_getsocks` with the sockets that we hold.
#pragma once

#include "os/descriptor.hpp"
#include "port/listening_socket.hpp"

#include <vector>

namespace reload {

/// Serves the one hand-over that a proxy asks for at its start, on `pair` (our end of the
/// socketpair given as `-x sockpair@N`), or ends when its far end is closed or `pair` is. Then it
/// lets go of the sockets: one that is held here for longer than needed goes on listening with
/// nobody to accept. A peer that speaks wrongly gets nothing more.
Awaitable<void> serve_handover(std::shared_ptr<WaitableFd> pair,
                               std::vector<ListeningSocketPtr> sockets);

} // namespace reload
