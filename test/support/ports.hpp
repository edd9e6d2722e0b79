// TCP ports that nobody listens on.
#pragma once

#include <cstdint>

namespace support {

/// The first of `count` consecutive free ports. No port is given out twice by one test program, and
/// programs that run one after the other begin at different places.
[[nodiscard]] std::uint16_t free_ports(unsigned count);
[[nodiscard]] inline std::uint16_t free_port() {
    return free_ports(1);
}

} // namespace support
