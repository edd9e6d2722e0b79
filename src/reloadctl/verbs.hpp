// What each verb asks, shows and leaves with.
#pragma once

#include "options.hpp"

namespace reloadctl {

/// Runs a command; returns the exit code. Answers go to standard output, complaints to standard
/// error.
[[nodiscard]] int run(const Command& command);

} // namespace reloadctl
