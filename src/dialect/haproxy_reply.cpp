// What HAProxy says: its admin channel's `show info`, and the lines of a failed check or start.
#include "dialect/haproxy.hpp"

#include "model/number.hpp"

#include <fmt/format.h>

namespace reload::haproxy {
namespace {

/// Calls `use` with each line of `text`, without its newline.
template <class Use>
void for_each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        use(text.substr(0, end));
        if (end == std::string_view::npos)
            return;
        text.remove_prefix(end + 1);
    }
}

/// The text of the last pair of brackets: "... for [127.0.0.1:80]" gives "127.0.0.1:80".
std::string_view last_bracketed(std::string_view line) {
    const std::size_t close = line.rfind(']');
    if (close == std::string_view::npos)
        return {};
    const std::size_t open = line.rfind('[', close);
    if (open == std::string_view::npos)
        return {};
    return line.substr(open + 1, close - open - 1);
}

std::string_view first_parenthesised(std::string_view text) {
    const std::size_t open = text.find('(');
    const std::size_t close = text.find(')', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos)
        return {};
    return text.substr(open + 1, close - open - 1);
}

/// "[ALERT]    (2923) : text" gives "text"; also the older "[ALERT] 324/011138 (2923) : text".
std::string_view without_prefix(std::string_view line) {
    const std::size_t mark = line.find(") : ");
    return mark == std::string_view::npos ? line : line.substr(mark + 4);
}

} // namespace

std::string admin_config(int admin_fd) {
    // `sockpair@` from 2.0 on: each connection is one descriptor sent over the pair.
    return fmt::format("global\n"
                       "    stats socket sockpair@{} level admin expose-fd listeners\n",
                       admin_fd);
}

std::optional<ProxyReport> parse_report(std::string_view reply) {
    ProxyReport report;
    bool has_pid = false;
    bool has_connections = false;
    bool sound = true;
    for_each_line(reply, [&](std::string_view line) {
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos)
            return;
        const std::string_view key = line.substr(0, colon);
        if (key != "Pid" && key != "CurrConns" && key != "Stopping")
            return;
        const auto number = parse_number<std::uint64_t>(line.substr(colon + 2));
        if (!number) {
            sound = false;
        } else if (key == "Pid") {
            report.pid = static_cast<pid_t>(*number);
            has_pid = *number > 0 && *number <= INT32_MAX;
        } else if (key == "CurrConns") {
            report.connections = *number;
            has_connections = true;
        } else {
            report.stopping = *number != 0;
        }
    });
    if (!sound || !has_pid || !has_connections)
        return std::nullopt;
    return report;
}

std::vector<BindFailure> bind_failures(std::string_view output) {
    // 2.6.12: "[ALERT]    (1) : Binding [a.cfg:8] for frontend f: cannot bind socket (Address
    // already in use) for [127.0.0.1:80]"; UNIX sockets without "for".
    std::vector<BindFailure> failures;
    for_each_line(output, [&](std::string_view line) {
        const std::size_t mark = line.find("cannot bind");
        if (mark == std::string_view::npos)
            return;
        const std::string_view tail = line.substr(mark);
        const std::string_view address = last_bracketed(tail);
        if (address.empty())
            return;
        const std::string_view cause = first_parenthesised(tail);
        failures.push_back(
            {std::string(address), std::string(cause.empty() ? "cannot bind" : cause)});
    });
    return failures;
}

std::string first_complaint(std::string_view output) {
    std::string complaint;
    std::string last;
    for_each_line(output, [&](std::string_view line) {
        if (complaint.empty() && line.starts_with("[ALERT]"))
            complaint = without_prefix(line);
        if (!line.empty())
            last = line;
    });
    return complaint.empty() ? last : complaint;
}

} // namespace reload::haproxy
