// From a Config as it was given to one that can be run: the program found, its arguments
// understood, every value checked. Touches nothing.
#pragma once

#include "model/dialect.hpp"
#include "model/listen_address.hpp"

#include <reload/config.hpp>
#include <reload/supervisor.hpp>

#include <vector>

namespace reload {

struct NamedAddress {
    std::string name;
    ListenAddress address;
};

struct StartPlan {
    Config config; ///< name and runtime folder filled in
    const Dialect* dialect = nullptr;
    std::string program; ///< absolute path
    StartLine line;
    std::vector<NamedAddress> listen;
    gid_t control_group = 0;
};

/// Errors have stage `options`; or `start` where the program can't be found or run.
[[nodiscard]] Result<StartPlan> plan_start(Config config);

} // namespace reload
