// Owns the program `load_client`: it puts HTTP load on a proxy and tells, by class, every request
// that was lost. Tests, quick start and benchmarks use it to prove that a reload loses none.
//
//     load_client --target 127.0.0.1:8080 --rate 3000 --keepalive 50 --duration 20s
//
// Two loads run side by side. `--rate` opens new connections on a fixed schedule and sends one
// request on each; latency counts from the scheduled moment, so a stalled server, or a stalled
// client, cannot hide. `--keepalive` lets users send one request after the other on connections
// they keep.
//
// The report is one JSON object on stdout (`--text`: a summary for people):
//     duration_ms                how long load was offered; answers may have come later
//     new.started                = ok + all of failed; the same holds for keepalive.requests
//     new.longest_gap_ms         longest time in which no new connection was answered
//     keepalive.idle_closed      those of ok that met a connection the server had just closed and
//                                succeeded when sent again, as any HTTP client does
//     keepalive.closed_by_answer those of ok that announced the end of their connection
//     keepalive.eof_while_idle   connections closed with no request under way; no harm done
//     late_ms_max                how late this program itself started a request: when this is
//                                large, the machine was too busy for the numbers to be trusted
//     served_by                  answers by value of --served-by-header, with the first and last
//                                moment of each, so that a cut-over is visible
// Classes of failure: refused, reset, timeout, cut_short, wrong_answer, other (the client's own
// trouble, such as too few descriptors or ports).
//
// Exit code: 0 nothing failed, 1 something failed, 2 wrong usage. Load goes to loopback addresses
// and Unix sockets only.
//
// Reading order: options, schedule, http_response, classification and statistics are values and
// pure functions; event_loop and connection touch descriptors; new_connections and
// keepalive_users are the two loads; run wires them; report prints.
#include "failure_log.hpp"
#include "options.hpp"
#include "report.hpp"
#include "run.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <variant>

namespace {

constexpr int exit_nothing_failed = 0;
constexpr int exit_something_failed = 1;
constexpr int exit_wrong_usage = 2;

int wrong_usage(const std::string& text) {
    fmt::print(stderr, "load_client: {}\n", text);
    return exit_wrong_usage;
}

int run_and_report(const load::Options& options) {
    load::FailureLog failures;
    if (!options.failure_file.empty() && !failures.open(options.failure_file))
        return wrong_usage(
            fmt::format("--failures {}: {}", options.failure_file, std::strerror(errno)));
    const load::Statistics statistics = load::run(options, std::move(failures));
    fmt::print("{}", options.text ? load::render_text(statistics) : load::render_json(statistics));
    return statistics.anything_failed() ? exit_something_failed : exit_nothing_failed;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto parsed = load::parse_options(argc, argv);
        if (const auto* problem = std::get_if<load::Problem>(&parsed))
            return wrong_usage(problem->text);
        if (const auto* help = std::get_if<load::Help>(&parsed)) {
            fmt::print("{}", help->text);
            return exit_nothing_failed;
        }
        return run_and_report(std::get<load::Options>(parsed));
    } catch (const std::exception& error) {
        fmt::print(stderr, "load_client: {}\n", error.what());
        return exit_something_failed;
    }
}
