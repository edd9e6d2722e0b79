// One reload at a time: requests that arrive meanwhile are merged into one next run, and every
// caller gets the result of a run that began after its request.
#pragma once

#include "engine/reload.hpp"

#include <memory>
#include <vector>

namespace reload {

/// A reload as its callers follow it. Steps are only ever appended, so a slow reader keeps its
/// place.
struct ReloadRun {
    explicit ReloadRun(const asio::any_io_executor& executor) : changed(executor) {}

    ReloadRequest request;
    unsigned callers = 0;
    std::vector<StepDone> steps;
    std::optional<ReloadOutcome> outcome; ///< set once, at the end
    Condition changed;                    ///< notified at each step and at the end
};
using ReloadRunPtr = std::shared_ptr<ReloadRun>;

class ReloadQueue {
public:
    explicit ReloadQueue(World& world) : world_(world), wanted_(world.executor) {}

    /// Joins the next run; makes one if none waits. After a stop was requested the run is refused
    /// at once.
    ReloadRunPtr request(bool if_changed);
    /// Runs reloads, one after the other, until a stop is requested.
    Awaitable<void> work();

    [[nodiscard]] const std::optional<ReloadReport>& last() const { return last_; }

private:
    void refuse(ReloadRun& run);

    World& world_;
    ReloadRunPtr next_; ///< not begun yet
    Condition wanted_;
    std::uint64_t last_id_ = 0;
    std::optional<ReloadReport> last_;
};

/// Returns when the run has ended.
Awaitable<void> wait_for(ReloadRunPtr run);

} // namespace reload
