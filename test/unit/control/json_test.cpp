#include "control/json.hpp"

#include "support/catch.hpp"

using namespace reload;
namespace json = boost::json;

namespace {

std::vector<std::string> names_of(const json::value& value) {
    std::vector<std::string> names;
    for (const auto& member : value.as_object())
        names.emplace_back(member.key().data(), member.key().size());
    return names;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a reload report has the field names that scripts rely on") {
    ReloadReport report;
    report.id = 3;
    report.result = ReloadResult::committed;
    report.stage = "commit";
    report.from = 1;
    report.to = 2;
    report.timings_ms = Timings{21.0, 5.5, 27.25, 30.0};
    const json::value value = to_json(report);
    CHECK(names_of(value) ==
          Names{"id", "result", "stage", "from", "to", "reason", "proxy_output", "timings_ms"});
    CHECK(names_of(value.at("timings_ms")) == Names{"check", "ready", "cutover", "total"});
    CHECK(value == json::parse(R"({"id":3,"result":"committed","stage":"commit","from":1,"to":2,
        "reason":"","proxy_output":"",
        "timings_ms":{"check":21.0,"ready":5.5,"cutover":27.25,"total":30.0}})"));
}

TEST_CASE("what a refused reload did not reach is null") {
    ReloadReport report;
    report.id = 4;
    report.result = ReloadResult::rejected;
    report.stage = "check";
    report.from = 2;
    report.reason = "unknown keyword \"foo\"";
    report.proxy_output = "line\nline\n";
    report.timings_ms.check = 1.5;
    report.timings_ms.total = 2.0;
    CHECK(json::value(to_json(report)) ==
          json::parse(R"({"id":4,"result":"rejected","stage":"check","from":2,"to":null,
        "reason":"unknown keyword \"foo\"","proxy_output":"line\nline\n",
        "timings_ms":{"check":1.5,"ready":null,"cutover":null,"total":2.0}})"));
}

TEST_CASE("times have at most three decimals") {
    ReloadReport report;
    report.timings_ms.total = 12.3456789;
    CHECK(to_json(report).at("timings_ms").at("total").as_double() == Approx(12.345));
    CHECK(json::serialize(to_json(StepDone{1, "check", {}, 0.0001}).at("at_ms")) ==
          json::serialize(json::value(0.0)));
}

TEST_CASE("a step is an object with reload, step, detail and time") {
    CHECK(json::value(to_json(StepDone{3, "ready", "generation=4", 7.5})) ==
          json::parse(R"({"reload":3,"step":"ready","detail":"generation=4","at_ms":7.5})"));
}

TEST_CASE("a status has the field names that scripts rely on") {
    Status status;
    status.version = "1.2.3";
    status.pid = 99;
    status.name = "haproxy";
    status.state = "serving";
    status.serving = 7;
    status.config_hash = "abc";
    status.differs_from_disk = true;
    GenerationStatus generation;
    generation.id = 7;
    generation.phase = Phase::serving;
    generation.pid = 4242;
    generation.started_at =
        std::chrono::system_clock::from_time_t(1769860800) + std::chrono::milliseconds(42);
    generation.config_hash = "abc";
    generation.connections = 12;
    generation.rss_kib = 10240;
    status.generations.push_back(generation);
    status.sockets.push_back({"127.0.0.1:80", "tcp", 5151, 0});

    const json::value value = to_json(status);
    CHECK(names_of(value) == Names{"version", "pid", "name", "state", "serving", "config",
                                   "generations", "sockets", "last_reload"});
    CHECK(value == json::parse(R"({"version":"1.2.3","pid":99,"name":"haproxy","state":"serving",
        "serving":7,"config":{"hash":"abc","differs_from_disk":true},
        "generations":[{"id":7,"phase":"serving","pid":4242,
            "started_at":"2026-01-31T12:00:00.042Z","config_hash":"abc","connections":12,
            "rss_kib":10240}],
        "sockets":[{"address":"127.0.0.1:80","type":"tcp","inode":5151,"accept_queue":0}],
        "last_reload":null})"));
}

TEST_CASE("what can't be told is null, and empty lists are lists") {
    Status status;
    CHECK(to_json(status).at("generations") == json::array());
    CHECK(to_json(status).at("sockets") == json::array());
    status.generations.resize(1);
    status.sockets.resize(1);
    const json::object object = to_json(status);
    CHECK(object.at("generations").at(0).at("connections").is_null());
    CHECK(object.at("generations").at(0).at("rss_kib").is_null());
    CHECK(object.at("sockets").at(0).at("accept_queue").is_null());
}

TEST_CASE("the last reload of a status is the report that its caller got") {
    Status status;
    status.last_reload = ReloadReport();
    status.last_reload->id = 5;
    CHECK(to_json(status).at("last_reload") == json::value(to_json(*status.last_reload)));
}

TEST_CASE("what comes from outside can be read as JSON whatever its bytes") {
    // A proxy's output is made printable where it is read, by os/output_pipe.
    ReloadReport report;
    report.reason = "bad byte \xff here";
    Status status;
    status.name = "\xc3";
    status.sockets.push_back({"unix@/run/\x80", "unix", 1, 0});
    status.last_reload = report;
    boost::system::error_code problem;
    json::parse(json::serialize(to_json(status)), problem);
    CHECK_FALSE(problem);
}

TEST_CASE("large numbers survive") {
    ReloadReport report;
    report.id = UINT64_MAX;
    report.to = UINT64_MAX;
    const json::value value = json::parse(json::serialize(to_json(report)));
    CHECK(value.at("id").as_uint64() == UINT64_MAX);
    CHECK(value.at("to").as_uint64() == UINT64_MAX);
}

TEST_CASE("a time is printed in UTC with milliseconds") {
    using namespace std::chrono_literals;
    const auto midnight = std::chrono::system_clock::from_time_t(0);
    CHECK(to_rfc3339(midnight) == "1970-01-01T00:00:00.000Z");
    CHECK(to_rfc3339(midnight + 1ms) == "1970-01-01T00:00:00.001Z");
    CHECK(to_rfc3339(midnight + 999'999us) == "1970-01-01T00:00:00.999Z");
}
