// What a supervisor knows about itself, as values: the phases of a generation, `reloadctl status`,
// and the report of one reload. The JSON form of these types is the contract with scripts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace reload {

/// Generations are numbered from 1 and never reused within an instance; 0 means none.
using GenerationId = std::uint64_t;

/// The life of a generation. `src/model/generation.hpp` draws the table of its changes.
enum class Phase { starting, ready, serving, draining, gone, failed };

/// The word of a phase as it is printed: "serving", "draining", ...
[[nodiscard]] std::string_view word(Phase phase) noexcept;

struct GenerationStatus {
    GenerationId id = 0;
    Phase phase = Phase::starting;
    pid_t pid = 0; ///< the process that serves (the worker, where the proxy has a master too)
    std::chrono::system_clock::time_point started_at;
    std::string config_hash;                  ///< SHA-256 of the configuration text, hexadecimal
    std::optional<std::uint64_t> connections; ///< connections left; empty where it can't be told
    std::optional<std::uint64_t> rss_kib;     ///< resident memory of `pid`
};

struct SocketStatus {
    std::string address; ///< 127.0.0.1:80, [::]:443, unix@/run/x.sock, abns@name
    std::string type;    ///< tcp, udp, unix, ...
    std::uint64_t inode = 0;
    std::optional<std::uint64_t> accept_queue; ///< connections that wait to be accepted
};

/// How a reload ended.
enum class ReloadResult { committed, rejected, unchanged };

[[nodiscard]] std::string_view word(ReloadResult result) noexcept;

/// Milliseconds since the request; empty for a step that was not reached. `check` and `ready` are
/// the lengths of those steps.
struct Timings {
    std::optional<double> check;
    std::optional<double> ready;
    std::optional<double> cutover;
    std::optional<double> total;
};

struct ReloadReport {
    std::uint64_t id = 0; ///< reloads are numbered from 1; the first start is reload 1
    ReloadResult result = ReloadResult::rejected;
    std::string stage; ///< the last step that was reached: check, start, ready, commit
    GenerationId from = 0;
    std::optional<GenerationId> to; ///< the generation that serves because of this reload
    std::string reason;             ///< one line, empty when committed
    std::string proxy_output;       ///< the proxy's own words, bounded
    Timings timings_ms;
};

/// What `reloadctl reload` exits with for a report: 0, 10 or 11 (1 where neither fits).
[[nodiscard]] int exit_code(const ReloadReport& report) noexcept;

struct Status {
    std::string version;
    pid_t pid = 0;
    std::string name;
    std::string state; ///< starting, serving, recovering, stopping
    GenerationId serving = 0;
    std::string config_hash;
    bool differs_from_disk = false; ///< the files on disk are not the text that serves
    std::vector<GenerationStatus> generations;
    std::vector<SocketStatus> sockets;
    std::optional<ReloadReport> last_reload;
};

} // namespace reload
