// Which listening sockets to keep, adopt and close at a commit. Pure: sockets are known by inode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reload {

/// A socket that the supervisor holds.
struct HeldInode {
    std::uint64_t inode = 0;
    bool bound_by_us = false; ///< from `--listen`: held whether or not a configuration uses it
};

struct SocketPlan {
    std::vector<std::size_t> adopt; ///< indices of `offered` that are new to us
    std::vector<std::size_t> close; ///< indices of `held` that nothing wants any more
};

/// `offered` are the inodes of the listening sockets that the committed generation has.
[[nodiscard]] SocketPlan plan_sockets(const std::vector<HeldInode>& held,
                                      const std::vector<std::uint64_t>& offered);

} // namespace reload
