#include "model/environment.hpp"

#include <algorithm>

namespace reload {
namespace {

std::string_view name_of(std::string_view entry) {
    return entry.substr(0, entry.find('='));
}

bool matches(std::string_view name, std::string_view pattern) {
    if (pattern.ends_with('*'))
        return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return name == pattern;
}

} // namespace

std::vector<std::string> make_environment(const std::vector<std::string>& inherited,
                                          std::span<const std::string_view> cleaned,
                                          const std::vector<std::string>& added) {
    std::vector<std::string> result;
    for (const std::string& entry : inherited) {
        const std::string_view name = name_of(entry);
        const bool confuses = std::any_of(cleaned.begin(), cleaned.end(),
                                          [&](std::string_view one) { return matches(name, one); });
        const bool replaced = std::any_of(added.begin(), added.end(), [&](const std::string& one) {
            return name_of(one) == name;
        });
        if (!confuses && !replaced)
            result.push_back(entry);
    }
    result.insert(result.end(), added.begin(), added.end());
    return result;
}

bool is_variable_name(std::string_view name) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
           name.find_first_not_of(letters) == std::string_view::npos;
}

} // namespace reload
