// Asking a generation how it is, without ever waiting longer than asked: a question stays under way
// when its asker gives up, and its answer serves the next one.
#pragma once

#include "engine/world.hpp"

namespace reload {

/// The generation's report, at most `patience` old or late; nothing where it doesn't answer.
Awaitable<std::optional<ProxyReport>> ask_report(World& world, GenerationPtr generation,
                                                 std::chrono::milliseconds patience);

} // namespace reload
