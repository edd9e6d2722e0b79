// HAProxy's command line: what the user has, and what we make of it for a check and for a start.
// HAProxy matches an option by its first letters (src/haproxy.c, init_args of 2.6), and so do we.
#include "dialect/haproxy.hpp"

#include "model/number.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reload::haproxy {
namespace {

/// The arguments not yet understood; every reader below takes what it understands.
class Arguments {
public:
    explicit Arguments(std::span<const std::string> all) : rest_(all) {}

    [[nodiscard]] bool empty() const { return rest_.empty(); }
    [[nodiscard]] const std::string& front() const { return rest_.front(); }
    [[nodiscard]] bool at_option() const { return !empty() && front().starts_with('-'); }

    std::string take() {
        std::string taken = front();
        rest_ = rest_.subspan(1);
        return taken;
    }

private:
    std::span<const std::string> rest_;
};

/// `-sf PID...` and `-st PID...` take everything up to the next option.
Result<void> take_replaced_pids(const std::string& option, Arguments& arguments, StartLine& line) {
    line.replaces_at_once = option.starts_with("-st");
    while (!arguments.empty() && !arguments.at_option()) {
        const std::string text = arguments.take();
        const auto pid = parse_number<pid_t>(text);
        if (!pid || *pid <= 0)
            return plain_error(Stage::options, fmt::format("{} {}", option, text),
                               "expected a process number");
        line.replaces.push_back(*pid);
    }
    if (!line.replaces.empty())
        line.notes.push_back(fmt::format("{} {}: told to {} once the first generation serves",
                                         option, fmt::join(line.replaces, " "),
                                         line.replaces_at_once ? "stop" : "drain"));
    return {};
}

/// Options that would detach, multiply or silence the proxy; true if `flag` is one.
bool take_over_switch(std::string_view flag, StartLine& line) {
    if (flag.starts_with("D"))
        line.detach = true;
    else if (flag.starts_with("W"))
        line.notes.push_back(fmt::format("-{}: left out, reloadd is the master", flag));
    else if (flag.starts_with("q"))
        line.quiet = true;
    else if (!flag.starts_with("db"))
        return false;
    return true;
}

bool takes_value(std::string_view flag) {
    return !flag.empty() && std::string_view("fCpxSLnNm").find(flag.front()) != flag.npos;
}

void take_value(const std::string& option, std::string value, StartLine& line) {
    switch (option[1]) {
    case 'f':
        line.config_paths.push_back(std::move(value));
        return;
    case 'p':
        line.pidfile = std::move(value);
        return;
    case 'x':
        line.sockets_from = std::move(value);
        return;
    case 'S':
        line.notes.push_back(
            fmt::format("-S {}: left out, there is no master CLI; use reloadctl", value));
        return;
    case 'C':
        line.working_folder = value;
        break;
    default:
        break;
    }
    line.kept.push_back(option);
    line.kept.push_back(std::move(value));
}

void add_config_paths(std::vector<std::string>& arguments, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        arguments.emplace_back("-f");
        arguments.push_back(path);
    }
}

/// Takes the next word of a line of configuration off `rest`; empty at its end.
std::string_view take_word(std::string_view& rest) {
    constexpr std::string_view blanks = " \t\r\n";
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
    rest.remove_prefix(word.size());
    return word;
}

/// The folder of `path`, written so that a configuration has it as one word.
std::string quoted_folder(std::string_view path) {
    std::string result;
    for (const char character : path.substr(0, std::max<std::size_t>(path.rfind('/'), 1))) {
        if (character == '\t') {
            result += "\\t";
            continue;
        }
        if (std::string_view(" \\\"'#").find(character) != std::string_view::npos)
            result += '\\';
        result += character;
    }
    return result;
}

} // namespace

Result<StartLine> parse_start_line(std::span<const std::string> all) {
    StartLine line;
    Arguments arguments(all);
    while (!arguments.empty()) {
        const bool is_option = arguments.at_option();
        const std::string option = arguments.take();
        if (!is_option) {
            line.kept.push_back(option); // a stray word: HAProxy's own check will refuse it
            continue;
        }
        const std::string_view flag = std::string_view(option).substr(1);
        if (flag.starts_with("-")) { // the rest are files
            while (!arguments.empty())
                line.config_paths.push_back(arguments.take());
        } else if (flag.starts_with("v") || flag.starts_with("c") || flag.starts_with("h")) {
            line.only_asks = true;
            return line;
        } else if (flag.starts_with("sf") || flag.starts_with("st")) {
            if (auto taken = take_replaced_pids(option, arguments, line); !taken)
                return taken.error();
        } else if (take_over_switch(flag, line)) {
            continue;
        } else if (takes_value(flag)) {
            if (arguments.empty())
                return plain_error(Stage::options, option, "expected a value after this option");
            take_value(option, arguments.take(), line);
        } else {
            line.kept.push_back(option);
        }
    }
    if (line.config_paths.empty())
        return plain_error(Stage::options, "haproxy",
                           "no configuration; expected -f FILE among its arguments");
    return line;
}

std::vector<std::string> check_arguments(const StartLine& line) {
    std::vector<std::string> arguments{"-c"};
    for (const std::string& argument : line.kept)
        if (argument != "-d") // debug mode has no meaning for a check and talks on standard output
            arguments.push_back(argument);
    add_config_paths(arguments, line.config_paths);
    return arguments;
}

std::vector<std::string> start_arguments(const StartLine& line, const StartParts& parts) {
    // `-db` neutralises the keyword `daemon`. Our own file comes first: it is then read before a
    // user's `setenv`, and stands clear of `--` and of options that take many words.
    std::vector<std::string> arguments{"-db"};
    if (parts.admin_config)
        add_config_paths(arguments, {fmt::format("/proc/self/fd/{}", *parts.admin_config)});
    // Never -sf: a child that knows old processes and can't bind makes them close their sockets.
    if (parts.handover) {
        arguments.emplace_back("-x");
        arguments.push_back(fmt::format("sockpair@{}", *parts.handover));
    } else if (parts.first && !line.sockets_from.empty()) {
        arguments.emplace_back("-x");
        arguments.push_back(line.sockets_from);
    }
    arguments.insert(arguments.end(), line.kept.begin(), line.kept.end());
    add_config_paths(arguments,
                     parts.config_paths.empty() ? line.config_paths : parts.config_paths);
    return arguments;
}

std::string relocated(std::string_view text, std::string_view path) {
    // `default-path config` and `parent` (2.4 and later) mean the folder of the file, and the one
    // above it, as the base of relative paths; `origin DIR` says the same from anywhere.
    const std::string folder = quoted_folder(path);
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        std::string_view rest = text.substr(0, end);
        const std::string_view line = rest;
        const std::string_view keyword = take_word(rest);
        const std::string_view mode = take_word(rest);
        const std::size_t before_mode = line.size() - rest.size() - mode.size();
        if (keyword == "default-path" && (mode == "config" || mode == "parent"))
            result += fmt::format("{}origin {}{}{}", line.substr(0, before_mode), folder,
                                  mode == "parent" ? "/.." : "", rest);
        else
            result += line;
        text.remove_prefix(end);
    }
    return result;
}

bool is_config_file(std::string_view file_name) {
    // cfgfiles_expand_directories() of src/haproxy.c: regular files *.cfg that are not hidden.
    return file_name.size() > 4 && file_name.ends_with(".cfg") && !file_name.starts_with(".");
}

} // namespace reload::haproxy
