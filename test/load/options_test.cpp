// Owns the tests of the command line.
#include "options.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace load;
using namespace std::chrono_literals;

namespace {

using Parsed = std::variant<Options, Help, Problem>;

Parsed parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "load_client");
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

/// What the one line on stderr would say; empty when all is well.
std::string problem(std::vector<const char*> arguments) {
    const Parsed result = parse(std::move(arguments));
    const auto* found = std::get_if<Problem>(&result);
    return found ? found->text : "";
}

bool mentions(const std::string& text, std::string_view word) {
    return text.find(word) != std::string::npos && text.find('\n') == std::string::npos;
}

} // namespace

TEST_CASE("a target is enough, and the defaults of the type are those of the command line") {
    const Parsed result = parse({"--target", "127.0.0.1:8080"});
    REQUIRE(std::holds_alternative<Options>(result));
    const Options& options = std::get<Options>(result);
    const Options defaults;
    CHECK(options.targets.size() == 1);
    CHECK(options.rate == defaults.rate);
    CHECK(options.keepalive == defaults.keepalive);
    CHECK(options.think == defaults.think);
    CHECK(options.timeout == defaults.timeout);
    CHECK(options.duration == defaults.duration);
    CHECK(options.path == defaults.path);
    CHECK(options.served_by_header == defaults.served_by_header);
    CHECK(options.expect == defaults.expect);
    CHECK(options.ready_file == defaults.ready_file);
    CHECK(options.failure_file == defaults.failure_file);
    CHECK(options.text == defaults.text);
}

TEST_CASE("options are read") {
    const Parsed result = parse({"--target", "[::1]:1", "--target=abns@x", "--rate", "3000",
                                 "--think=0ms", "--source", "127.0.0.2", "--text"});
    REQUIRE(std::holds_alternative<Options>(result));
    const Options& options = std::get<Options>(result);
    CHECK(options.targets.size() == 2);
    CHECK(options.sources.size() == 1);
    CHECK(options.rate == 3000);
    CHECK(options.think == 0ms);
    CHECK(options.text);
}

TEST_CASE("help needs nothing else") {
    CHECK(std::holds_alternative<Help>(parse({"--help"})));
}

TEST_CASE("wrong usage names its option in one line") {
    CHECK(mentions(problem({}), "--target"));
    CHECK(mentions(problem({"--target", "10.0.0.1:80"}), "--target"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--source", "x"}), "--source"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--rate", "-1"}), "--rate"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--rate"}), "--rate"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--rate", "0"}), "--keepalive"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--think", "50"}), "--think"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--path", "a b"}), "--path"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--path", "/\r\nX: y"}), "--path"));
    CHECK(mentions(problem({"--target", "[::1]:1", "--nonsense"}), "--nonsense"));
    CHECK(mentions(problem({"--targ", "[::1]:1"}), "--targ"));
    CHECK(mentions(problem({"--target", "[::1]:1", "stray"}), "stray"));
}

TEST_CASE("durations have a unit") {
    CHECK(parse_duration("20s") == 20s);
    CHECK(parse_duration("50ms") == 50ms);
    CHECK(parse_duration("300us") == 300us);
    CHECK(parse_duration("2m") == 2min);
    for (const char* text : {"", "20", "s", "-1s", "1.5s", "1h", "1 s", "99999999999s"})
        CHECK_FALSE(parse_duration(text).has_value());
}
