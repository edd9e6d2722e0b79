#include "control/json.hpp"

#include "support/catch.hpp"

using namespace reload;

namespace {

const std::vector<std::string> not_objects{"[]",
                                           "[{}]",
                                           "null",
                                           "true",
                                           "1",
                                           "\"wait\"",
                                           "{",
                                           "}",
                                           "{}{}",
                                           "{\"wait\"}",
                                           "{\"wait\":}",
                                           "{wait:true}",
                                           "{'wait':true}",
                                           "wait=true",
                                           "\xff",
                                           "{\"wait\":true,}",
                                           std::string("\0", 1),
                                           std::string(1000, '['),
                                           "{\"wait\":nan}"};

} // namespace

TEST_CASE("an empty body asks for the usual") {
    for (const char* body : {"", " ", "\r\n", "\t \n", "{}", " { } "}) {
        CAPTURE(body);
        const auto reload = parse_reload_body(body);
        REQUIRE(reload.has_value());
        CHECK(reload->wait);
        CHECK_FALSE(reload->wait_drain);
        CHECK_FALSE(reload->if_changed);
        CHECK(*parse_stop_body(body) == StopMode::graceful);
        CHECK(parse_empty_body(body).has_value());
    }
}

TEST_CASE("each field of a reload is understood") {
    const auto reload = parse_reload_body(R"({"wait":false,"wait_drain":true,"if_changed":true})");
    REQUIRE(reload.has_value());
    CHECK_FALSE(reload->wait);
    CHECK(reload->wait_drain);
    CHECK(reload->if_changed);
    CHECK_FALSE(parse_reload_body(R"({"if_changed":false})")->if_changed);
}

TEST_CASE("a stop is graceful unless it is to be now") {
    CHECK(*parse_stop_body(R"({"now":true})") == StopMode::now);
    CHECK(*parse_stop_body(R"({"now":false})") == StopMode::graceful);
}

TEST_CASE("an unknown field is refused by name, with those that are known") {
    const auto reload = parse_reload_body(R"({"wait":true,"wiat_drain":true})");
    REQUIRE_FALSE(reload.has_value());
    const std::string line = to_line(reload.error());
    CHECK(reload.error().stage == Stage::control);
    CHECK(line.find("wiat_drain") != std::string::npos);
    CHECK(line.find("if_changed") != std::string::npos);

    const auto stop = parse_stop_body(R"({"later":true})");
    REQUIRE_FALSE(stop.has_value());
    CHECK(to_line(stop.error()).find("later") != std::string::npos);
    CHECK(to_line(stop.error()).find("now") != std::string::npos);

    const auto empty = parse_empty_body(R"({"x":1})");
    REQUIRE_FALSE(empty.has_value());
    CHECK(to_line(empty.error()).find("'x'") != std::string::npos);
}

TEST_CASE("a field of the wrong type is refused by name") {
    for (const char* value : {"1", "0", "\"true\"", "null", "[]", "{}", "1.5"}) {
        CAPTURE(value);
        const auto reload = parse_reload_body("{\"if_changed\":" + std::string(value) + "}");
        REQUIRE_FALSE(reload.has_value());
        CHECK(to_line(reload.error()).find("if_changed") != std::string::npos);
        CHECK_FALSE(parse_stop_body("{\"now\":" + std::string(value) + "}").has_value());
    }
}

TEST_CASE("a body that is not one JSON object is refused") {
    for (const std::string& body : not_objects) {
        CAPTURE(body);
        CHECK_FALSE(parse_reload_body(body).has_value());
        CHECK_FALSE(parse_stop_body(body).has_value());
        CHECK_FALSE(parse_empty_body(body).has_value());
    }
}

TEST_CASE("a deeply nested body is refused, not followed") {
    const std::string body =
        "{\"wait\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
    CHECK_FALSE(parse_reload_body(body).has_value());
}
