// Owns the rendering of the numbers, for programs and for people.
#pragma once

#include "statistics.hpp"

#include <string>
#include <string_view>

namespace load {

std::string render_json(const Statistics& statistics);
std::string render_text(const Statistics& statistics);

/// The text as a JSON string, quotes included. Bytes beyond ASCII become U+00XX: header values
/// have no declared encoding, and the report must stay valid JSON.
std::string json_string(std::string_view text);

} // namespace load
