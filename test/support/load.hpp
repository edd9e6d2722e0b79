// load_client in the background, and its report as values.
#pragma once

#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace support {

struct LoadSetup {
    std::vector<std::string> targets{};
    unsigned rate = 1000; ///< new connections a second
    unsigned keepalive = 0;
    std::chrono::milliseconds duration{3000};
    std::chrono::milliseconds timeout{5000};
};

struct Failures {
    std::uint64_t refused = 0, reset = 0, timeout = 0, cut_short = 0, wrong_answer = 0, other = 0;

    [[nodiscard]] std::uint64_t total() const {
        return refused + reset + timeout + cut_short + wrong_answer + other;
    }
};

struct LoadReport {
    bool complete = false; ///< false: there is no report
    std::uint64_t started = 0;
    std::uint64_t ok = 0;
    Failures failed; ///< of new connections
    std::uint64_t kept_requests = 0;
    Failures kept_failed; ///< on kept connections, after the retry that heals an idle close
    double late_ms_max = 0;
    std::map<std::string, std::uint64_t> served_by; ///< answers by generation
    std::string words; ///< the report and the failures, for the reader of a failed test
};

class Load {
public:
    /// Returns when the first answer has come.
    explicit Load(const LoadSetup& setup);
    /// Waits until the load has ended.
    LoadReport finish();
    [[nodiscard]] bool running() { return process_.running(); }

private:
    TempFolder folder_;
    Process process_;
};

} // namespace support
