// Checks on request, one at a time: callers that ask meanwhile share the next one.
#pragma once

#include "engine/world.hpp"

namespace reload {

class CheckQueue {
public:
    explicit CheckQueue(World& world) : world_(world), changed_(world.executor) {}

    /// Steps 2 and 3 of a reload alone; the outcome of a check that began after the call.
    Awaitable<CheckOutcome> check();

private:
    using Shared = std::shared_ptr<std::optional<CheckOutcome>>;
    Awaitable<void> run(Shared mine);

    World& world_;
    Shared next_; ///< asked for, not begun
    bool running_ = false;
    Condition changed_;
};

} // namespace reload
