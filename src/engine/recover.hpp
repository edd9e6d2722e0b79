// Promise 3: when a serving generation dies by itself, its sockets stay with us, clients wait, and
// a new generation with the same configuration text is started.
#pragma once

#include "engine/world.hpp"

namespace reload {

/// Watches a generation from its commit until it ends. If it dies while it serves, starts its
/// replacement, at once and then with back-off, until one serves, a reload commits another, or a
/// stop is requested. With OnCrash::exit it requests the stop instead.
Awaitable<void> guard(World& world, GenerationPtr generation);

} // namespace reload
