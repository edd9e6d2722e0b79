// Owns the file that explains failures one by one, capped so that a dead server cannot fill a disk.
#pragma once

#include "classification.hpp"
#include "clock.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace load {

class FailureLog {
public:
    static constexpr std::uint64_t max_lines = 10'000;

    FailureLog() = default; ///< writes nowhere

    /// False when the file cannot be created; see errno.
    [[nodiscard]] bool open(const std::string& path);

    /// One line: ms since start, class, kind, target, text; separated by tabs.
    void write(Duration since_start, Kind kind, const Failure& failure, std::string_view target);

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
    std::uint64_t lines_ = 0;
};

} // namespace load
