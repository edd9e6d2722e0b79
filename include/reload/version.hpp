// The version of this library and of both programs.
#pragma once

#include <string_view>

namespace reload {

inline constexpr std::string_view version = RELOAD_VERSION;

} // namespace reload
