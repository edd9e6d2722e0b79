#include "model/socket_plan.hpp"

#include <unordered_set>

namespace reload {

SocketPlan plan_sockets(const std::vector<HeldInode>& held,
                        const std::vector<std::uint64_t>& offered) {
    SocketPlan plan;
    std::unordered_set<std::uint64_t> known;
    const std::unordered_set<std::uint64_t> wanted(offered.begin(), offered.end());
    for (std::size_t i = 0; i < held.size(); ++i) {
        known.insert(held[i].inode);
        if (!held[i].bound_by_us && !wanted.contains(held[i].inode))
            plan.close.push_back(i);
    }
    for (std::size_t i = 0; i < offered.size(); ++i)
        if (known.insert(offered[i]).second)
            plan.adopt.push_back(i);
    return plan;
}

} // namespace reload
