// reloadctl: encodes, sends, prints.
#include "options.hpp"
#include "verbs.hpp"

#include <cstdio>
#include <exception>
#include <fmt/format.h>

int main(int argc, char** argv) {
    try {
        const auto parsed = reloadctl::parse_command_line(argc, argv);
        if (const auto* text = std::get_if<reloadctl::ShowText>(&parsed)) {
            std::fputs(text->text.c_str(), stdout);
            return 0;
        }
        if (const auto* wrong = std::get_if<reloadctl::WrongUsage>(&parsed)) {
            fmt::print(stderr, "reloadctl: {}\n", wrong->line);
            return 2;
        }
        return reloadctl::run(std::get<reloadctl::Command>(parsed));
    } catch (const std::exception& problem) {
        fmt::print(stderr, "reloadctl: internal error: {}\n", problem.what());
        return 1;
    }
}
