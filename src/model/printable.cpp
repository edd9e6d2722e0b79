#include "model/printable.hpp"

#include <cstddef>
#include <cstdint>

namespace reload {
namespace {

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// The length of the valid UTF-8 sequence of several bytes that `text` begins with, or 0.
std::size_t sequence_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                               : first >= 0xE0 && first <= 0xEF ? 3
                               : first >= 0xF0 && first <= 0xF4 ? 4
                                                                : 0;
    if (length == 0 || text.size() < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(text[i]))
            return 0;
    // The second byte excludes overlong forms, surrogates and what is above U+10FFFF.
    const auto second = static_cast<unsigned char>(text[1]);
    const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                       (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return wrong ? 0 : length;
}

} // namespace

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const char byte = text.front();
        std::size_t length = 1;
        if (static_cast<unsigned char>(byte) >= 0x80) {
            length = sequence_length(text);
            if (length == 0) {
                result += "\xEF\xBF\xBD";
                length = 1;
            } else {
                result += text.substr(0, length);
            }
        } else {
            const bool control =
                (byte >= 0 && byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
            result += control ? '?' : byte;
        }
        text.remove_prefix(length);
    }
    return result;
}

} // namespace reload
