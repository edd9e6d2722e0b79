// The environment of a child: the caller's, less what would confuse it, plus what we add.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reload {

/// `added` replaces entries of `inherited` with the same name. A pattern of `cleaned` is a name, or
/// the beginning of one followed by `*`.
[[nodiscard]] std::vector<std::string> make_environment(const std::vector<std::string>& inherited,
                                                        std::span<const std::string_view> cleaned,
                                                        const std::vector<std::string>& added);

/// True for what a shell takes as the name of a variable.
[[nodiscard]] bool is_variable_name(std::string_view name);

} // namespace reload
