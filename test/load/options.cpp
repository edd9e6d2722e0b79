// Owns the reading of the command line.
#include "options.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

namespace load {
namespace {

namespace po = boost::program_options;

/// Raised by the checks below, caught in parse_options().
struct BadOption {
    std::string text;
};

Duration duration_option(const po::variables_map& given, const char* name) {
    const auto& text = given[name].as<std::string>();
    const auto parsed = parse_duration(text);
    if (!parsed)
        throw BadOption{
            fmt::format("--{}: '{}' is not a duration such as 20s or 50ms", name, text)};
    return *parsed;
}

std::uint64_t count_option(const po::variables_map& given, const char* name, std::uint64_t most) {
    const auto& text = given[name].as<std::string>();
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > most)
        throw BadOption{fmt::format("--{}: '{}' is not a number from 0 to {}", name, text, most)};
    return number;
}

template <class Value, class Parse>
std::vector<Value> list_option(const po::variables_map& given, const char* name, Parse parse) {
    std::vector<Value> values;
    if (given.count(name) == 0)
        return values;
    for (const auto& text : given[name].as<std::vector<std::string>>()) {
        auto parsed = parse(text);
        if (auto* problem = std::get_if<Problem>(&parsed))
            throw BadOption{fmt::format("--{}: {}", name, problem->text)};
        values.push_back(std::move(std::get<Value>(parsed)));
    }
    return values;
}

po::options_description describe() {
    const auto text = [] {
        return po::value<std::string>();
    };
    const auto with_default = [text](const char* value) {
        return text()->default_value(value);
    };
    const auto list = [] {
        return po::value<std::vector<std::string>>();
    };
    po::options_description described("Options");
    // clang-format off
    described.add_options()
        ("help", "print this text")
        ("target", list()->value_name("ADDRESS"), "127.0.0.1:8080, [::1]:8080, unix@/path or "
            "abns@name; repeatable, used in turn")
        ("rate", with_default("100"), "new connections per second, 0 for none")
        ("keepalive", with_default("0"), "keep-alive connections, 0 for none")
        ("think", with_default("50ms"), "pause between two requests of a keep-alive connection")
        ("duration", with_default("20s"), "how long to start new requests")
        ("timeout", with_default("5s"), "for an answer, from the moment its request was due")
        ("path", with_default("/"), "what to GET")
        ("expect", with_default(""), "text that every body must contain")
        ("served-by-header", with_default("x-served-by"), "answer header that names the process")
        ("source", list()->value_name("IP"), "loopback address to connect from; repeatable")
        ("ready-file", with_default(""), "file to create at the first good answer")
        ("failures", with_default(""), "file to write one line per failure to")
        ("text", "print a summary for people instead of JSON");
    // clang-format on
    return described;
}

Options check(const po::variables_map& given) {
    const auto text = [&given](const char* name) {
        return given[name].as<std::string>();
    };
    Options options;
    options.targets = list_option<Target>(given, "target", parse_target);
    options.sources = list_option<Address>(given, "source", parse_source);
    options.rate = count_option(given, "rate", 1'000'000);
    options.keepalive = count_option(given, "keepalive", 100'000);
    options.think = duration_option(given, "think");
    options.duration = duration_option(given, "duration");
    options.timeout = duration_option(given, "timeout");
    options.path = text("path");
    options.expect = text("expect");
    options.served_by_header = text("served-by-header");
    options.ready_file = text("ready-file");
    options.failure_file = text("failures");
    options.text = given.count("text") > 0;

    if (options.targets.empty())
        throw BadOption{"--target: at least one is needed"};
    if (options.rate == 0 && options.keepalive == 0)
        throw BadOption{"--rate and --keepalive are both 0: nothing to do"};
    const auto breaks_request_line = [](unsigned char c) {
        return c <= ' ' || c >= 127;
    };
    if (!options.path.starts_with('/') || std::ranges::any_of(options.path, breaks_request_line))
        throw BadOption{"--path: must begin with '/' and consist of visible ASCII characters"};
    return options;
}

} // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    using namespace std::chrono;
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0 || number > 1'000'000'000)
        return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (unit == "us")
        return microseconds(number);
    if (unit == "ms")
        return milliseconds(number);
    if (unit == "s")
        return seconds(number);
    if (unit == "m" && number <= 1'000'000)
        return minutes(number);
    return std::nullopt;
}

std::variant<Options, Help, Problem> parse_options(int argc, const char* const argv[]) {
    const po::options_description described = describe();
    try {
        namespace style = po::command_line_style;
        const int exact_names = style::unix_style & ~style::allow_guessing;
        const auto parsed =
            po::command_line_parser(argc, argv).options(described).style(exact_names).run();
        for (const auto& option : parsed.options)
            if (option.position_key >= 0)
                throw BadOption{fmt::format("unexpected argument '{}'", option.value.at(0))};
        po::variables_map given;
        po::store(parsed, given);
        if (given.count("help") > 0) {
            std::ostringstream text;
            text << "load_client --target ADDRESS... [options]\n" << described;
            return Help{text.str()};
        }
        return check(given);
    } catch (const po::error& error) {
        return Problem{error.what()};
    } catch (const BadOption& bad) {
        return Problem{bad.text};
    }
}

} // namespace load
