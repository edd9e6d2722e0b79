// From ready to serving: the sockets of a new generation are adopted, and it becomes the serving
// one. Used by the reload and by the recovery of a dead generation.
#pragma once

#include "engine/world.hpp"

namespace reload {

/// What a ready generation listens on, and what of it is new to us.
struct TakeOver {
    std::vector<ListeningSocketPtr> adopted; ///< opened by the generation itself
    std::vector<ListeningSocketPtr> kept;    ///< held already and still wanted
    std::vector<ListeningSocketPtr> closing; ///< held, and wanted by no configuration any more
};

/// Step 6: collects the generation's listening sockets. Changes nothing yet.
Awaitable<Result<TakeOver>> prepare_take_over(World& world, GenerationPtr generation);

/// Makes a ready generation the serving one: cannot fail and does not suspend. Holds exactly what
/// the take-over says; closes the sockets that nothing wants. Returns the one that served before,
/// which the caller tells to drain; null if there was none.
GenerationPtr make_serving(World& world, GenerationPtr generation, TakeOver take_over);

} // namespace reload
