// Retiring a generation: ask it to finish, count what is left, end it at its deadline.
#pragma once

#include "engine/world.hpp"

namespace reload {

/// Tells a serving or ready generation to finish its connections and leave, and sees to it that it
/// does: its connections are cut at Config::drain_timeout, or when `generation->end_now` is set.
/// Does not suspend. `reason` is for the log.
void retire(World& world, GenerationPtr generation, std::string reason = {});

/// Returns when no address is steered away from a draining generation any more, which takes a
/// fraction of a second (bounded all the same). A steering belongs to all sockets of an address and
/// counts them, so no new one may join them meanwhile.
Awaitable<void> wait_for_steering(World& world);

/// Cuts short the oldest drains beyond Config::max_generations.
void bound_draining(World& world);

} // namespace reload
