// Owns one run: wires the two loads to one event loop and decides when it is over.
#pragma once

#include "failure_log.hpp"
#include "options.hpp"
#include "statistics.hpp"

namespace load {

/// Returns when the duration is over or SIGTERM or SIGINT has come, and every request that was
/// under way has its outcome. Leaves the two signals blocked.
Statistics run(const Options& options, FailureLog failures);

} // namespace load
