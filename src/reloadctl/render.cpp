#include "render.hpp"

#include <reload/duration.hpp>

#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <sstream>

namespace reloadctl {
namespace {

namespace json = boost::json;

constexpr std::size_t most_sockets_shown = 12;

const json::value* find(const json::object& object, std::string_view name) {
    return object.if_contains(json::string_view(name.data(), name.size()));
}

json::object object_of(const json::object& object, std::string_view name) {
    const json::value* const value = find(object, name);
    return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

json::array array_of(const json::object& object, std::string_view name) {
    const json::value* const value = find(object, name);
    return value != nullptr && value->is_array() ? value->get_array() : json::array();
}

std::string milliseconds_of(const json::object& object, std::string_view name) {
    const json::value* const value = find(object, name);
    if (value == nullptr || !value->is_number())
        return "-";
    return reload::format_milliseconds(value->to_number<double>());
}

std::string coloured(std::string_view text, const char* code, Style style) {
    return style.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

constexpr const char* green = "32";
constexpr const char* red = "31";
constexpr const char* yellow = "33";

std::string indented(const std::string& text) {
    std::string result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        result += "  | " + line + "\n";
    return result;
}

/// "12s", "5m 3s", "2h 10m", "3d 4h" since a time in RFC 3339.
std::string age_text(const std::string& since, std::chrono::system_clock::time_point now) {
    std::tm parts{};
    if (::strptime(since.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr)
        return "-";
    const auto began = std::chrono::system_clock::from_time_t(::timegm(&parts));
    const auto seconds = std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::seconds>(now - began).count());
    if (seconds < 60)
        return fmt::format("{}s", seconds);
    if (seconds < 3600)
        return fmt::format("{}m {}s", seconds / 60, seconds % 60);
    if (seconds < 86'400)
        return fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{}d {}h", seconds / 86'400, seconds / 3600 % 24);
}

std::string memory_text(const json::object& generation) {
    const json::value* const kib = find(generation, "rss_kib");
    if (kib == nullptr || !kib->is_number())
        return "-";
    return fmt::format("{:.1f} MiB", kib->to_number<double>() / 1024);
}

std::string render_sockets(const json::array& sockets) {
    std::string text = fmt::format("sockets: {}\n", sockets.size());
    for (std::size_t i = 0; i < sockets.size() && i < most_sockets_shown; ++i) {
        const json::object& socket = sockets[i].as_object();
        text += fmt::format("  {:<10} {:<32} queue {}\n", text_of(socket, "type"),
                            text_of(socket, "address"), text_of(socket, "accept_queue"));
    }
    if (sockets.size() > most_sockets_shown)
        text +=
            fmt::format("  and {} more (--json shows all)\n", sockets.size() - most_sockets_shown);
    return text;
}

} // namespace

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* const value = find(object, name);
    if (value == nullptr || value->is_null())
        return "-";
    if (value->is_string())
        return std::string(value->get_string().c_str());
    return json::serialize(*value);
}

std::string render_step(const json::object& step) {
    return fmt::format("{:>9}  {:<10} {}", milliseconds_of(step, "at_ms"), text_of(step, "step"),
                       text_of(step, "detail"));
}

std::string render_report(const json::object& report, Style style) {
    const std::string result = text_of(report, "result");
    const json::object timings = object_of(report, "timings_ms");
    if (result == "committed") {
        const std::string from = text_of(report, "from");
        std::string text = fmt::format("{}: generation {} serves",
                                       coloured("committed", green, style), text_of(report, "to"));
        if (from != "0")
            text += fmt::format(", generation {} drains", from);
        return text + fmt::format(" (cut-over after {})\n", milliseconds_of(timings, "cutover"));
    }
    if (result == "unchanged")
        return fmt::format("{}: {}, generation {}\n", coloured("unchanged", green, style),
                           text_of(report, "reason"), text_of(report, "to"));
    const std::string from = text_of(report, "from");
    return fmt::format(
        "{} at {}: {}\n{}{}\n", coloured(result, red, style), text_of(report, "stage"),
        text_of(report, "reason"), indented(text_of(report, "proxy_output")),
        from == "0" ? "nothing was touched"
                    : fmt::format("nothing was touched, generation {} serves", from));
}

std::string render_check(const json::object& outcome, Style style) {
    const json::value* const passed = find(outcome, "passed");
    if (passed != nullptr && passed->is_bool() && passed->get_bool())
        return fmt::format("{}\n{}", coloured("check passed", green, style),
                           indented(text_of(outcome, "proxy_output")));
    return fmt::format("{}: {}\n{}", coloured("check failed", red, style),
                       text_of(outcome, "reason"), indented(text_of(outcome, "proxy_output")));
}

std::string render_status(const json::object& status, std::chrono::system_clock::time_point now,
                          Style style) {
    const std::string state = text_of(status, "state");
    const json::object config = object_of(status, "config");
    const bool differs = text_of(config, "differs_from_disk") == "true";
    std::string text = fmt::format("{} (reloadd {}, pid {}): {}", text_of(status, "name"),
                                   text_of(status, "version"), text_of(status, "pid"),
                                   coloured(state, state == "serving" ? green : yellow, style));
    if (text_of(status, "serving") != "0")
        text += fmt::format(", generation {}", text_of(status, "serving"));
    text += fmt::format("\nconfig {}{}\n\n", text_of(config, "hash").substr(0, 12),
                        differs ? coloured(" (the files on disk differ)", yellow, style) : "");

    text += fmt::format("{:>10}  {:<9} {:>8}  {:>9}  {:>11}  {:>10}  {}\n", "generation", "phase",
                        "pid", "age", "connections", "memory", "config");
    for (const json::value& value : array_of(status, "generations")) {
        const json::object& one = value.as_object();
        text += fmt::format("{:>10}  {:<9} {:>8}  {:>9}  {:>11}  {:>10}  {}\n", text_of(one, "id"),
                            text_of(one, "phase"), text_of(one, "pid"),
                            age_text(text_of(one, "started_at"), now), text_of(one, "connections"),
                            memory_text(one), text_of(one, "config_hash").substr(0, 12));
    }
    text += "\n" + render_sockets(array_of(status, "sockets"));

    const json::object last = object_of(status, "last_reload");
    if (!last.empty()) {
        const json::object timings = object_of(last, "timings_ms");
        text += fmt::format("\nlast reload {}: {} at {}, took {}", text_of(last, "id"),
                            text_of(last, "result"), text_of(last, "stage"),
                            milliseconds_of(timings, "total"));
        if (const std::string reason = text_of(last, "reason"); !reason.empty())
            text += ": " + reason;
        text += "\n";
    }
    return text;
}

} // namespace reloadctl
