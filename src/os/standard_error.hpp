// Our standard error: where our own log lines and the proxy's words go. Never blocks: a reader that
// stopped reading must not stop a supervisor.
#pragma once

#include <string_view>

namespace reload {

/// Writes what fits now; a piece that finds a full pipe is dropped.
void write_standard_error(std::string_view text);

} // namespace reload
