#include "options.hpp"

#include <reload/duration.hpp>
#include <reload/version.hpp>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cctype>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <iterator>
#include <optional>
#include <sstream>

namespace reloadd {
namespace {

namespace po = boost::program_options;
using Values = po::variables_map;
using Text = std::string;

constexpr std::string_view usage =
    "Usage: reloadd [OPTIONS] [--] PROXY [PROXY-ARGUMENT...]\n"
    "Supervises a proxy: reloads it without losing a connection, or changes nothing.\n";

po::options_description describe_options() {
    po::options_description options("Options (each also as RELOADD_NAME in the environment)", 79,
                                    46);
    auto add = options.add_options();
    add("name", po::value<Text>()->value_name("NAME"), "instance name; the proxy's base name");
    add("runtime-dir", po::value<Text>()->value_name("DIR"), "control socket; /run/reloadd/NAME");
    add("listen", po::value<std::vector<Text>>()->value_name("NAME=ADDRESS"),
        "bind it, hand it down as fd@${NAME}");
    add("check-timeout", po::value<Text>()->value_name("TIME"), "longest check; 60s");
    add("ready-timeout", po::value<Text>()->value_name("TIME"), "longest start; 60s");
    add("drain-timeout", po::value<Text>()->value_name("TIME"), "longest drain; 0, no limit");
    add("stop-timeout", po::value<Text>()->value_name("TIME"), "longest stop after TERM; 10s");
    add("max-generations", po::value<Text>()->value_name("N"), "draining ones beyond are ended; 8");
    add("on-crash", po::value<Text>()->value_name("restart|exit"), "worker dies; restart");
    add("control-mode", po::value<Text>()->value_name("MODE"), "of the control socket; 0600");
    add("control-group", po::value<Text>()->value_name("GROUP"), "of the control socket");
    add("pidfile", po::value<Text>()->value_name("FILE"), "written once the proxy serves");
    add("daemon", po::bool_switch(), "go to the background once the proxy serves");
    add("log-level", po::value<Text>()->value_name("LEVEL"), "error, warning, info, debug; info");
    add("help", po::bool_switch(), "this text");
    add("version", po::bool_switch(), "the version");
    return options;
}

/// The first argument that is not an option of ours: there the proxy begins.
int find_proxy(int argc, char** argv, const po::options_description& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--")
            return i;
        if (!word.starts_with("-"))
            return i;
        if (word.find('=') != std::string_view::npos)
            continue;
        const auto* const known =
            word.size() > 2 ? options.find_nothrow(std::string(word.substr(2)), false) : nullptr;
        if (known != nullptr && known->semantic()->max_tokens() > 0)
            ++i; // its value
    }
    return argc;
}

/// RELOADD_STOP_TIMEOUT stands for --stop-timeout; other variables of that beginning (such as the
/// RELOADD_GENERATION that we give to children) are none of ours.
std::string option_of_variable(const std::string& variable,
                               const po::options_description& options) {
    constexpr std::string_view prefix = "RELOADD_";
    if (!variable.starts_with(prefix))
        return {};
    std::string name = variable.substr(prefix.size());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char letter) {
        return letter == '_' ? '-' : static_cast<char>(std::tolower(letter));
    });
    const auto* const known = options.find_nothrow(name, false);
    return known != nullptr && name != "help" && name != "version" ? name : std::string();
}

/// Thrown by the readers below and caught in parse_command_line; never leaves this file.
struct BadValue {
    std::string line;
};

[[noreturn]] void refuse(std::string_view option, std::string_view value,
                         std::string_view expected) {
    throw BadValue{fmt::format("--{} '{}': expected {}", option, value, expected)};
}

void read_duration(const Values& values, const char* option, bool zero_allowed,
                   std::chrono::milliseconds& into) {
    if (values.count(option) == 0)
        return;
    const Text& text = values[option].as<Text>();
    const auto time = reload::parse_duration(text);
    if (!time || (!zero_allowed && time->count() == 0))
        refuse(option, text,
               zero_allowed ? "a time such as 250ms, 2s, 5m, 1h, or 0"
                            : "a time such as 250ms, 2s, 5m, 1h");
    into = *time;
}

std::optional<unsigned> parse_number(const Text& text, int base) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), end, number, base);
    if (problem != std::errc{} || rest != end)
        return std::nullopt;
    return number;
}

template <class Path>
void read_text(const Values& values, const char* option, Path& into) {
    if (values.count(option) != 0)
        into = values[option].as<Text>();
}

void read_listen(const Values& values, reload::Config& config) {
    if (values.count("listen") == 0)
        return;
    std::vector<Text> words; // the environment has them in one value, separated by blanks
    for (const Text& value : values["listen"].as<std::vector<Text>>()) {
        std::istringstream stream(value);
        words.insert(words.end(), std::istream_iterator<Text>(stream), {});
    }
    for (const Text& text : words) {
        const std::size_t equals = text.find('=');
        if (equals == Text::npos || equals == 0)
            refuse("listen", text, "NAME=ADDRESS");
        config.listen.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
}

void read_choices(const Values& values, reload::Config& config) {
    Text text;
    read_text(values, "on-crash", text);
    if (text == "exit")
        config.on_crash = reload::OnCrash::exit;
    else if (!text.empty() && text != "restart")
        refuse("on-crash", text, "restart or exit");

    text.clear();
    read_text(values, "log-level", text);
    if (text == "error")
        config.log_level = reload::LogLevel::error;
    else if (text == "warning")
        config.log_level = reload::LogLevel::warning;
    else if (text == "debug")
        config.log_level = reload::LogLevel::debug;
    else if (!text.empty() && text != "info")
        refuse("log-level", text, "error, warning, info or debug");
}

void read_numbers(const Values& values, reload::Config& config) {
    if (values.count("max-generations") != 0) {
        const Text& text = values["max-generations"].as<Text>();
        const auto number = parse_number(text, 10);
        if (!number || *number > 10'000)
            refuse("max-generations", text, "a number from 0 to 10000");
        config.max_generations = *number;
    }
    if (values.count("control-mode") != 0) {
        const Text& text = values["control-mode"].as<Text>();
        const auto mode = parse_number(text, 8);
        if (!mode || *mode > 0777 || (*mode & 0600) != 0600)
            refuse("control-mode", text, "an octal mode from 0600 to 0777, such as 0660");
        config.control_mode = *mode;
    }
}

Run read_values(const Values& values) {
    Run run;
    reload::Config& config = run.config;
    read_text(values, "name", config.name);
    read_text(values, "runtime-dir", config.runtime_dir);
    read_text(values, "pidfile", config.pidfile);
    read_text(values, "control-group", config.control_group);
    read_duration(values, "check-timeout", false, config.check_timeout);
    read_duration(values, "ready-timeout", false, config.ready_timeout);
    read_duration(values, "drain-timeout", true, config.drain_timeout);
    read_duration(values, "stop-timeout", true, config.stop_timeout);
    read_listen(values, config);
    read_choices(values, config);
    read_numbers(values, config);
    run.daemon = values["daemon"].as<bool>();
    return run;
}

} // namespace

std::variant<Run, ShowText, WrongUsage> parse_command_line(int argc, char** argv) {
    const po::options_description options = describe_options();
    const int proxy = find_proxy(argc, argv, options);
    try {
        Values values;
        // No guessing: an abbreviation that works today is ambiguous tomorrow.
        constexpr auto style = po::command_line_style::allow_long |
                               po::command_line_style::long_allow_next |
                               po::command_line_style::long_allow_adjacent;
        po::store(po::command_line_parser(proxy, argv).options(options).style(style).run(), values);
        if (values["help"].as<bool>())
            return ShowText{
                fmt::format("{}\n{}\nSee also reloadctl --help.\n", usage, fmt::streamed(options))};
        if (values["version"].as<bool>())
            return ShowText{fmt::format("reloadd {}\n", reload::version)};
        po::store(po::parse_environment(options,
                                        [&](const std::string& variable) {
                                            return option_of_variable(variable, options);
                                        }),
                  values);
        po::notify(values);

        Run run = read_values(values);
        int first = proxy;
        if (first < argc && std::strcmp(argv[first], "--") == 0)
            ++first;
        run.config.proxy.assign(argv + first, argv + argc);
        if (run.config.proxy.empty())
            return WrongUsage{"no proxy given: expected reloadd [OPTIONS] -- PROXY [ARGUMENT...]"};
        return run;
    } catch (const BadValue& bad) {
        return WrongUsage{bad.line};
    } catch (const po::error& problem) {
        return WrongUsage{fmt::format("{}; see reloadd --help", problem.what())};
    }
}

} // namespace reloadd
