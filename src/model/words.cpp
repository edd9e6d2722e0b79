// The fixed words of the product's vocabulary, and errors and events as one line.
#include <reload/error.hpp>
#include <reload/event.hpp>
#include <reload/status.hpp>

#include <reload/duration.hpp>

#include <cerrno>
#include <fmt/format.h>
#include <stdexcept>

namespace reload {

std::string_view word(Stage stage) noexcept {
    switch (stage) {
    case Stage::options:
        return "options";
    case Stage::runtime:
        return "runtime";
    case Stage::control:
        return "control";
    case Stage::snapshot:
        return "snapshot";
    case Stage::check:
        return "check";
    case Stage::start:
        return "start";
    case Stage::ready:
        return "ready";
    case Stage::commit:
        return "commit";
    case Stage::stop:
        return "stop";
    }
    return "unknown";
}

std::string_view word(Phase phase) noexcept {
    switch (phase) {
    case Phase::starting:
        return "starting";
    case Phase::ready:
        return "ready";
    case Phase::serving:
        return "serving";
    case Phase::draining:
        return "draining";
    case Phase::gone:
        return "gone";
    case Phase::failed:
        return "failed";
    }
    return "unknown";
}

std::string_view word(ReloadResult result) noexcept {
    switch (result) {
    case ReloadResult::committed:
        return "committed";
    case ReloadResult::rejected:
        return "rejected";
    case ReloadResult::unchanged:
        return "unchanged";
    }
    return "unknown";
}

int exit_code(const ReloadReport& report) noexcept {
    if (report.result != ReloadResult::rejected)
        return 0;
    if (report.stage == word(Stage::check))
        return 10;
    if (report.stage == word(Stage::start) || report.stage == word(Stage::ready))
        return 11;
    return 1;
}

std::string to_line(const Error& error) {
    std::string line = error.subject;
    const auto add = [&line](std::string_view part) {
        if (part.empty())
            return;
        if (!line.empty())
            line += ": ";
        line += part;
    };
    add(error.detail);
    if (error.code)
        add(error.code.message());
    return line;
}

Error errno_error(Stage stage, std::string subject) {
    const int cause = errno;
    return Error{stage, std::move(subject), std::error_code(cause, std::system_category()), {}};
}

Error plain_error(Stage stage, std::string subject, std::string detail) {
    return Error{stage, std::move(subject), {}, std::move(detail)};
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(to_line(error));
}

namespace {

struct LevelOf {
    LogLevel operator()(const PhaseChanged& event) const {
        return event.phase == Phase::failed ? LogLevel::warning : LogLevel::info;
    }
    LogLevel operator()(const StepDone&) const { return LogLevel::debug; }
    LogLevel operator()(const ReloadDone& event) const {
        return event.report.result == ReloadResult::rejected ? LogLevel::error : LogLevel::info;
    }
    LogLevel operator()(const Notice& event) const { return event.level; }
};

struct LineOf {
    std::string operator()(const PhaseChanged& event) const {
        std::string line =
            fmt::format("generation={} phase={}", event.generation, word(event.phase));
        if (event.pid > 0)
            line += fmt::format(" pid={}", event.pid);
        if (!event.detail.empty())
            line += " " + event.detail;
        return line;
    }
    std::string operator()(const StepDone& event) const {
        std::string line = fmt::format("reload={} step={} at={}", event.reload, event.step,
                                       format_milliseconds(event.at_ms));
        if (!event.detail.empty())
            line += " " + event.detail;
        return line;
    }
    std::string operator()(const ReloadDone& event) const {
        const ReloadReport& report = event.report;
        std::string line = fmt::format("reload={} result={} stage={} from={}", report.id,
                                       word(report.result), report.stage, report.from);
        if (report.to)
            line += fmt::format(" to={}", *report.to);
        if (report.timings_ms.total)
            line += " took=" + format_milliseconds(*report.timings_ms.total);
        if (!report.reason.empty())
            line += ": " + report.reason;
        return line;
    }
    std::string operator()(const Notice& event) const { return event.text; }
};

} // namespace

LogLevel level_of(const Event& event) {
    return std::visit(LevelOf{}, event);
}

std::string to_line(const Event& event) {
    return std::visit(LineOf{}, event);
}

} // namespace reload
