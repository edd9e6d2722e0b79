// The command line and environment of reloadd as a Config. Program_options stays behind this.
#pragma once

#include <reload/config.hpp>

#include <string>
#include <variant>

namespace reloadd {

/// Text to print and leave with 0.
struct ShowText {
    std::string text;
};
/// One line to print and leave with 2.
struct WrongUsage {
    std::string line;
};
struct Run {
    reload::Config config;
    bool daemon = false;
};

[[nodiscard]] std::variant<Run, ShowText, WrongUsage> parse_command_line(int argc, char** argv);

} // namespace reloadd
