// Times as people write them: `250ms`, `2s`, `5m`, `1h`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace reload {

/// Parses a whole number with one unit (ms, s, m, h, d); a bare `0` needs none. Nothing on any
/// other text, on a negative number, and on what does not fit 24 days (2^31 ms, what timers of
/// proxies hold as well).
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// For people: "21.3ms", "1.2s".
[[nodiscard]] std::string format_milliseconds(double milliseconds);

} // namespace reload
