// Event sinks for a program's log.
#include <reload/event.hpp>

#include "control/json.hpp"
#include "os/standard_error.hpp"

#include <fmt/format.h>
#include <syslog.h>

namespace reload {
namespace {

std::string_view word(LogLevel level) {
    switch (level) {
    case LogLevel::error:
        return "error";
    case LogLevel::warning:
        return "warning";
    case LogLevel::info:
        return "info";
    case LogLevel::debug:
        return "debug";
    }
    return "unknown";
}

int priority(LogLevel level) {
    switch (level) {
    case LogLevel::error:
        return LOG_ERR;
    case LogLevel::warning:
        return LOG_WARNING;
    case LogLevel::info:
        return LOG_INFO;
    case LogLevel::debug:
        return LOG_DEBUG;
    }
    return LOG_INFO;
}

} // namespace

EventSink log_to_standard_error(LogLevel most) {
    return [most](const Event& event) {
        const LogLevel level = level_of(event);
        if (level > most)
            return;
        const std::string time = to_rfc3339(std::chrono::system_clock::now());
        write_standard_error(fmt::format("{} reloadd {} {}\n", time, word(level), to_line(event)));
    };
}

EventSink log_to_syslog(LogLevel most) {
    ::openlog("reloadd", LOG_PID, LOG_DAEMON);
    return [most](const Event& event) {
        const LogLevel level = level_of(event);
        if (level <= most)
            ::syslog(priority(level), "%s", to_line(event).c_str());
    };
}

} // namespace reload
