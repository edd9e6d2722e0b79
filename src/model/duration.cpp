#include <reload/duration.hpp>

#include "model/number.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

namespace reload {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number<std::int64_t>(text.substr(0, digits));
    if (!number)
        return std::nullopt;

    const std::string_view unit = text.substr(digits);
    std::int64_t scale = 0;
    if (unit == "ms" || (unit.empty() && *number == 0))
        scale = 1;
    else if (unit == "s")
        scale = 1'000;
    else if (unit == "m")
        scale = 60'000;
    else if (unit == "h")
        scale = 3'600'000;
    else if (unit == "d")
        scale = 86'400'000;
    else
        return std::nullopt;

    constexpr std::int64_t longest = INT32_MAX;
    if (*number > longest / scale)
        return std::nullopt;
    return std::chrono::milliseconds(*number * scale);
}

std::string format_milliseconds(double milliseconds) {
    if (milliseconds < 1000)
        return fmt::format("{:.1f}ms", milliseconds);
    if (milliseconds < 120'000)
        return fmt::format("{:.1f}s", milliseconds / 1000);
    return fmt::format("{:.1f}m", milliseconds / 60'000);
}

} // namespace reload
