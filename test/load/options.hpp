// Owns the command line: its options, their defaults and their checks.
#pragma once

#include "clock.hpp"
#include "target.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace load {

struct Options {
    std::vector<Target> targets;
    std::vector<Address> sources; ///< empty: the kernel chooses
    std::string path = "/";
    std::uint64_t rate = 100; ///< new connections per second
    std::uint64_t keepalive = 0;
    Duration think = std::chrono::milliseconds(50);
    Duration timeout = std::chrono::seconds(5);
    Duration duration = std::chrono::seconds(20);
    std::string served_by_header = "x-served-by";
    std::string expect;       ///< empty: any body will do
    std::string ready_file;   ///< empty: none
    std::string failure_file; ///< empty: none
    bool text = false;
};

/// The user asked for this text instead of a run.
struct Help {
    std::string text;
};

std::variant<Options, Help, Problem> parse_options(int argc, const char* const argv[]);

/// `20s`, `50ms`, `300us`, `2m`.
std::optional<Duration> parse_duration(std::string_view text);

} // namespace load
