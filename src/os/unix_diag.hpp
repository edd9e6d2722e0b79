// Facts about a Unix socket that no socket option tells, by the kernel's sock_diag (netlink).
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace reload {

struct UnixFacts {
    ino_t file_inode = 0; ///< of the file it was bound to; follows a rename
    dev_t file_device = 0;
    std::uint64_t accept_queue = 0;
};

/// Facts about the socket with this inode; nothing where the kernel doesn't tell.
[[nodiscard]] std::optional<UnixFacts> ask_unix_diag(std::uint64_t inode);

} // namespace reload
