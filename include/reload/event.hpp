// What happens, as values. The engine emits events; logs and progress lines are rendered from them.
#pragma once

#include <reload/config.hpp>
#include <reload/status.hpp>

#include <functional>
#include <string>
#include <variant>

namespace reload {

/// A generation changed its phase.
struct PhaseChanged {
    GenerationId generation = 0;
    Phase phase = Phase::starting;
    pid_t pid = 0;
    std::string detail; ///< why, or with what; may be empty
};

/// A step of a reload ended (or, for `started`, began). The words are fixed: requested, check,
/// start, ready, adopt, cutover, commit.
struct StepDone {
    std::uint64_t reload = 0;
    std::string step;
    std::string detail;
    double at_ms = 0; ///< since the request
};

/// A reload ended.
struct ReloadDone {
    ReloadReport report;
};

/// Something an operator should know that is neither of the above.
struct Notice {
    LogLevel level = LogLevel::info;
    std::string text;
};

/// One event; exactly one member is meaningful, told by the variant's index.
using Event = std::variant<PhaseChanged, StepDone, ReloadDone, Notice>;

/// Receives every event, on the supervisor's thread; must not block.
using EventSink = std::function<void(const Event&)>;

/// The log level at which an event is shown.
[[nodiscard]] LogLevel level_of(const Event& event);

/// The event as one log line, without time and newline: `generation=7 phase=serving pid=4242`.
[[nodiscard]] std::string to_line(const Event& event);

/// Sinks that write every event up to the level `most` as one line: to standard error with the
/// time, never blocking; or to the system's log.
[[nodiscard]] EventSink log_to_standard_error(LogLevel most);
[[nodiscard]] EventSink log_to_syslog(LogLevel most);

} // namespace reload
