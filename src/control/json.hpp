// The JSON of the control protocol: our values as objects, a client's body as options. Pure.
#pragma once

#include <reload/error.hpp>
#include <reload/event.hpp>
#include <reload/status.hpp>
#include <reload/supervisor.hpp>

#include <boost/json.hpp>

#include <string_view>

namespace reload {

[[nodiscard]] boost::json::object to_json(const Status& status);
[[nodiscard]] boost::json::object to_json(const ReloadReport& report);
[[nodiscard]] boost::json::object to_json(const StepDone& step);

/// 2026-01-31T12:00:00.000Z
[[nodiscard]] std::string to_rfc3339(std::chrono::system_clock::time_point time);

/// Body of POST /v1/reload.
struct ReloadBody {
    bool wait = true;        ///< stream the steps and the report; else answer at once
    bool wait_drain = false; ///< the report comes when the retired generation is gone
    bool if_changed = false;
};

// Each takes a body, which may be empty, and refuses unknown fields and wrong types by name.
[[nodiscard]] Result<ReloadBody> parse_reload_body(std::string_view body);
[[nodiscard]] Result<StopMode> parse_stop_body(std::string_view body);
[[nodiscard]] Result<void> parse_empty_body(std::string_view body);

} // namespace reload
