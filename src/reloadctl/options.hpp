// The command line of reloadctl as values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace reloadctl {

enum class Verb { reload, check, status, health, stop };

struct Command {
    Verb verb = Verb::status;
    std::string name;   ///< --name
    std::string socket; ///< --socket
    bool json = false;
    std::optional<std::chrono::milliseconds> timeout;
    bool no_wait = false;    ///< reload
    bool wait_drain = false; ///< reload
    bool if_changed = false; ///< reload
    bool now = false;        ///< stop
    bool watch = false;      ///< status
};

/// Text to print and leave with 0.
struct ShowText {
    std::string text;
};
/// One line to print and leave with 2.
struct WrongUsage {
    std::string line;
};

[[nodiscard]] std::variant<Command, ShowText, WrongUsage> parse_command_line(int argc, char** argv);

} // namespace reloadctl
