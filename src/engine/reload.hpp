// One reload, told once: the story of PRODUCT.md as one coroutine with one commit line.
#pragma once

#include "engine/world.hpp"

namespace reload {

/// What a reload was asked for, by one caller or several.
struct ReloadRequest {
    std::uint64_t id = 0;
    bool if_changed = false;
    TimePoint requested; ///< by the first of them
};

/// A finished reload.
struct ReloadOutcome {
    ReloadReport report;
    std::optional<ExitStatus> proxy_exit; ///< of a check or start that failed by itself
    GenerationPtr retired;                ///< the generation that drains because of it; may be null
};

/// Runs one reload from reading the files to its commit or refusal. Until the commit nothing that
/// serves is touched. `on_step` hears each step as it ends.
Awaitable<ReloadOutcome> reload_once(World& world, ReloadRequest request,
                                     std::function<void(const StepDone&)> on_step);

} // namespace reload
