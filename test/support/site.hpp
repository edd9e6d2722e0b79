// What nearly every test begins with: a folder, a port, and a HAProxy configuration that tells with
// each answer which generation gave it.
#pragma once

#include "support/ports.hpp"
#include "support/temp_folder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace support {

/// A configuration with one frontend. A POST is answered only when its whole body is there, which
/// makes a request that lasts as long as a test wants.
struct HaproxyConfig {
    std::vector<std::string> global;   ///< further lines
    std::vector<std::string> defaults; ///< further lines
    std::vector<std::string> binds;    ///< what stands behind `bind`
    std::vector<std::string> frontend; ///< further lines
    std::string more;                  ///< further sections, as they are

    [[nodiscard]] std::string text() const;
};

struct Site {
    Site();
    /// Writes `config` to the file; what runs does not notice.
    void write() const;
    /// Makes the file one that `haproxy -c` refuses.
    void write_broken() const;

    TempFolder folder;
    std::uint16_t port = free_port();
    std::string address; ///< 127.0.0.1:port
    HaproxyConfig config;
    std::string file; ///< path of the configuration
};

} // namespace support
