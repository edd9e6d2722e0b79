// HAProxy 2.6 and later as a dialect. Facts: HAProxy's source and measurements on 2.6.12.
#pragma once

#include "model/dialect.hpp"

namespace reload {

/// The dialect's data; lives for ever.
[[nodiscard]] const Dialect& haproxy_dialect() noexcept;

namespace haproxy {

[[nodiscard]] Result<StartLine> parse_start_line(std::span<const std::string> arguments);
[[nodiscard]] std::vector<std::string> check_arguments(const StartLine& line);
[[nodiscard]] std::vector<std::string> start_arguments(const StartLine& line,
                                                       const StartParts& parts);
[[nodiscard]] bool is_config_file(std::string_view file_name);

[[nodiscard]] std::string relocated(std::string_view text, std::string_view path);

[[nodiscard]] std::string admin_config(int admin_fd);
[[nodiscard]] std::optional<ProxyReport> parse_report(std::string_view reply);
[[nodiscard]] std::vector<BindFailure> bind_failures(std::string_view output);
[[nodiscard]] std::string first_complaint(std::string_view output);

} // namespace haproxy
} // namespace reload
