// Retiring a generation: ask it to finish, count what is left, end it at its deadline.
#pragma once

#include "engine/world.hpp"

namespace reload {

/// Tells a serving generation to finish its connections and leave; does not suspend.
void tell_to_drain(World& world, Generation& generation);

/// Runs until a draining generation is gone. Ends it early, with its connections cut, at
/// Config::drain_timeout or when `generation->end_now` is set.
Awaitable<void> drain(World& world, GenerationPtr generation);

/// Cuts short the oldest drains beyond Config::max_generations.
void bound_draining(World& world);

} // namespace reload
