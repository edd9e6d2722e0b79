// What people read, from the JSON that the supervisor answered. Pure.
#pragma once

#include <boost/json.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace reloadctl {

/// Whether text may carry colour: on a terminal, and NO_COLOR is not set.
struct Style {
    bool colour = false;
};

[[nodiscard]] std::string render_step(const boost::json::object& step);
[[nodiscard]] std::string render_report(const boost::json::object& report, Style style);
[[nodiscard]] std::string render_check(const boost::json::object& outcome, Style style);
/// One screen; `now` is for ages.
[[nodiscard]] std::string render_status(const boost::json::object& status,
                                        std::chrono::system_clock::time_point now, Style style);

/// The member as text; numbers are printed, null and absent ones are "-".
[[nodiscard]] std::string text_of(const boost::json::object& object, std::string_view name);

} // namespace reloadctl
