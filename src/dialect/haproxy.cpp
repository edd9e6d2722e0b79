#include "dialect/haproxy.hpp"

#include <array>

namespace reload {

const Dialect& haproxy_dialect() noexcept {
    // HAPROXY_MWORKER_REEXEC makes 2.4 to 3.2 start as a master (fatal in 3.5); a NOTIFY_SOCKET or
    // LISTEN_* of ours is addressed to us, not to the child.
    static constexpr std::array<std::string_view, 5> cleaned{
        "HAPROXY_MWORKER_REEXEC", "HAPROXY_MWORKER_WAIT_ONLY", "HAPROXY_PROCESSES", "NOTIFY_SOCKET",
        "LISTEN_*"};
    static const Dialect dialect{
        .name = "haproxy",
        .program = "haproxy",
        .parse_start_line = haproxy::parse_start_line,
        .check_arguments = haproxy::check_arguments,
        .start_arguments = haproxy::start_arguments,
        .is_config_file = haproxy::is_config_file,
        .relocated = haproxy::relocated,
        .cleaned_environment = cleaned,
        .drain_signal = SIGUSR1,
        .stop_signal = SIGTERM,
        .admin_config = haproxy::admin_config,
        .report_request = "show info",
        .parse_report = haproxy::parse_report,
        .bind_failures = haproxy::bind_failures,
        .first_complaint = haproxy::first_complaint,
    };
    return dialect;
}

} // namespace reload
