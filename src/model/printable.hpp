// Text of others, made fit for JSON and for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace reload {

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD, and every control
/// character but newline and tab by `?`: it ends in JSON, and on the terminal of an operator.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace reload
