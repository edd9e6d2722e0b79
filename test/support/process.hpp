// Programs that a test runs: in the background (Process), or to their end (run).
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace support {

/// How a process ended.
struct Ended {
    int code = 0;   ///< exit code, when `signal` is 0
    int signal = 0; ///< the signal it died of

    friend bool operator==(const Ended&, const Ended&) = default;
};

struct ProcessSetup {
    std::vector<std::string> argv{};
    std::vector<std::string> environment{}; ///< NAME=VALUE, added to a clean environment
    std::filesystem::path folder{};         ///< working folder; empty: the test's own
    std::string input{};                    ///< standard input; it ends after this
};

/// A running program with its output so far. It has a process group of its own; what is left of it
/// is killed with this object.
class Process {
public:
    explicit Process(const ProcessSetup& setup);
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool running();
    void signal(int number) const;
    /// Nothing when it still runs after that time.
    std::optional<Ended> ended(std::chrono::milliseconds within);

    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

private:
    void reap(bool wait);

    pid_t pid_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::optional<Ended> end_;
};

struct CommandResult {
    std::optional<Ended> end; ///< nothing: it was killed at the deadline
    std::string out;
    std::string err;

    /// The exit code; -1 when it died of a signal or had to be killed.
    [[nodiscard]] int code() const { return end && end->signal == 0 ? end->code : -1; }
};

CommandResult run(const ProcessSetup& setup,
                  std::chrono::milliseconds deadline = std::chrono::seconds(30));
CommandResult run(std::vector<std::string> argv,
                  std::chrono::milliseconds deadline = std::chrono::seconds(30));

} // namespace support
