// Reads the configuration files of a start line, once, as the proxy would.
#pragma once

#include "model/config_text.hpp"
#include "model/dialect.hpp"

#include <reload/error.hpp>

namespace reload {

/// Files in the order in which the proxy reads them; of a folder those that Dialect::is_config_file
/// names, in alphabetical order. Fails on what can't be read again later (a pipe, standard input).
[[nodiscard]] Result<ConfigText> read_config_text(const Dialect& dialect, const StartLine& line);

} // namespace reload
