// The peer of a proxy's `-x`: answers `_getsocks` with the sockets that we hold.
#pragma once

#include "os/descriptor.hpp"
#include "port/listening_socket.hpp"

#include <vector>

namespace reload {

/// Serves hand-over requests that arrive on `pair` (our end of the socketpair given as `-x
/// sockpair@N`) until its far end is closed or `pair` is. A peer that speaks wrongly loses its
/// connection and nothing else.
Awaitable<void> serve_handover(std::shared_ptr<WaitableFd> pair,
                               std::vector<ListeningSocketPtr> sockets);

} // namespace reload
