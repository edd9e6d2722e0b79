// Who holds an address that could not be bound.
#pragma once

#include <string>

namespace reload {

/// "nginx, pid 123" for the process that listens on a TCP address written as HAProxy or
/// `status` writes it; empty where the kernel doesn't tell (another user's process, another
/// namespace, not a TCP address).
[[nodiscard]] std::string holder_of_address(const std::string& address);

} // namespace reload
