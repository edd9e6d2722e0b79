// Whole numbers as text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace reload {

/// The number that `text` is, all of it, in decimal; nothing on anything else and on overflow.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [rest, problem] = std::from_chars(begin, end, number);
    if (problem != std::errc{} || rest != end)
        return std::nullopt;
    return number;
}

} // namespace reload
