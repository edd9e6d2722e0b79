#include "control/json.hpp"

#include "model/printable.hpp"

#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace reload {

namespace json = boost::json;

namespace {

template <class T>
json::value or_null(const std::optional<T>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

/// Milliseconds with three decimals: finer is noise.
json::value or_null(const std::optional<double>& value) {
    return value ? json::value(static_cast<double>(static_cast<std::int64_t>(*value * 1000)) / 1000)
                 : json::value(nullptr);
}

Error bad_body(std::string subject, std::string why) {
    return plain_error(Stage::control, std::move(subject), std::move(why));
}

/// The body as an object; an empty body is an empty object.
Result<json::object> parse_object(std::string_view body) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return json::object();
    boost::system::error_code problem;
    json::value value = json::parse(json::string_view(body.data(), body.size()), problem);
    if (problem)
        return bad_body("request body", "not JSON: " + problem.message());
    if (!value.is_object())
        return bad_body("request body", "expected a JSON object");
    return std::move(value.as_object());
}

Result<void> take_bool(json::string_view name, const json::value& value, bool& into) {
    if (!value.is_bool())
        return bad_body(fmt::format("field '{}'", std::string_view(name.data(), name.size())),
                        "expected true or false");
    into = value.as_bool();
    return {};
}

Error unknown_field(json::string_view name, std::string_view known) {
    return bad_body(fmt::format("unknown field '{}'", std::string_view(name.data(), name.size())),
                    known.empty() ? "no field is known here" : fmt::format("known are {}", known));
}

} // namespace

std::string to_rfc3339(std::chrono::system_clock::time_point time) {
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), milliseconds % 1000);
}

json::object to_json(const ReloadReport& report) {
    return {{"id", report.id},
            {"result", word(report.result)},
            {"stage", report.stage},
            {"from", report.from},
            {"to", or_null(report.to)},
            {"reason", printable(report.reason)},
            {"proxy_output", report.proxy_output},
            {"timings_ms",
             {{"check", or_null(report.timings_ms.check)},
              {"ready", or_null(report.timings_ms.ready)},
              {"cutover", or_null(report.timings_ms.cutover)},
              {"total", or_null(report.timings_ms.total)}}}};
}

json::object to_json(const StepDone& step) {
    return {{"reload", step.reload},
            {"step", step.step},
            {"detail", step.detail},
            {"at_ms", or_null(std::optional<double>(step.at_ms))}};
}

json::object to_json(const Status& status) {
    json::array generations;
    for (const GenerationStatus& one : status.generations)
        generations.push_back({{"id", one.id},
                               {"phase", word(one.phase)},
                               {"pid", one.pid},
                               {"started_at", to_rfc3339(one.started_at)},
                               {"config_hash", one.config_hash},
                               {"connections", or_null(one.connections)},
                               {"rss_kib", or_null(one.rss_kib)}});
    json::array sockets;
    for (const SocketStatus& one : status.sockets)
        sockets.push_back({{"address", printable(one.address)},
                           {"type", one.type},
                           {"inode", one.inode},
                           {"accept_queue", or_null(one.accept_queue)}});
    json::object object{
        {"version", status.version},
        {"pid", status.pid},
        {"name", printable(status.name)},
        {"state", status.state},
        {"serving", status.serving},
        {"config", {{"hash", status.config_hash}, {"differs_from_disk", status.differs_from_disk}}},
        {"generations", std::move(generations)},
        {"sockets", std::move(sockets)},
        {"last_reload", nullptr}};
    if (status.last_reload)
        object["last_reload"] = to_json(*status.last_reload);
    return object;
}

Result<ReloadBody> parse_reload_body(std::string_view body) {
    const auto object = parse_object(body);
    if (!object)
        return object.error();
    ReloadBody result;
    for (const auto& [name, value] : *object) {
        bool* const into = name == "wait"         ? &result.wait
                           : name == "wait_drain" ? &result.wait_drain
                           : name == "if_changed" ? &result.if_changed
                                                  : nullptr;
        if (into == nullptr)
            return unknown_field(name, "wait, wait_drain, if_changed");
        if (auto taken = take_bool(name, value, *into); !taken)
            return taken.error();
    }
    return result;
}

Result<StopMode> parse_stop_body(std::string_view body) {
    const auto object = parse_object(body);
    if (!object)
        return object.error();
    bool now = false;
    for (const auto& [name, value] : *object) {
        if (name != "now")
            return unknown_field(name, "now");
        if (auto taken = take_bool(name, value, now); !taken)
            return taken.error();
    }
    return now ? StopMode::now : StopMode::graceful;
}

Result<void> parse_empty_body(std::string_view body) {
    const auto object = parse_object(body);
    if (!object)
        return object.error();
    if (!object->empty())
        return unknown_field(object->begin()->key(), "");
    return {};
}

} // namespace reload
