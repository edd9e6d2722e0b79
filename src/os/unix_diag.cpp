#include "os/unix_diag.hpp"

#include "port/unique_fd.hpp"

#include <array>
#include <cstring>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

namespace reload {
namespace {

struct Request {
    nlmsghdr header;
    unix_diag_req body;
};

/// The kernel's internal dev_t (12 bits major, 20 bits minor) as user space writes it.
dev_t to_user_device(std::uint32_t device) {
    return makedev(device >> 20, device & 0xfffff);
}

UnixFacts read_attributes(const nlmsghdr& header) {
    UnixFacts facts;
    auto* const body = reinterpret_cast<const char*>(&header) + NLMSG_LENGTH(sizeof(unix_diag_msg));
    auto remaining = static_cast<int>(header.nlmsg_len - NLMSG_LENGTH(sizeof(unix_diag_msg)));
    for (auto* attribute = reinterpret_cast<const rtattr*>(body); RTA_OK(attribute, remaining);
         attribute = RTA_NEXT(attribute, remaining)) {
        if (attribute->rta_type == UNIX_DIAG_VFS) {
            unix_diag_vfs file{};
            std::memcpy(&file, RTA_DATA(attribute), sizeof(file));
            facts.file_inode = file.udiag_vfs_ino;
            facts.file_device = to_user_device(file.udiag_vfs_dev);
        } else if (attribute->rta_type == UNIX_DIAG_RQLEN) {
            unix_diag_rqlen queue{};
            std::memcpy(&queue, RTA_DATA(attribute), sizeof(queue));
            facts.accept_queue = queue.udiag_rqueue;
        }
    }
    return facts;
}

} // namespace

std::optional<UnixFacts> ask_unix_diag(std::uint64_t inode) {
    const UniqueFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink)
        return std::nullopt;
    Request request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.sdiag_family = AF_UNIX;
    request.body.udiag_states = ~0U;
    request.body.udiag_ino = static_cast<std::uint32_t>(inode);
    request.body.udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN;
    request.body.udiag_cookie[0] = ~0U; // any cookie
    request.body.udiag_cookie[1] = ~0U;
    if (::send(netlink.get(), &request, sizeof(request), 0) < 0)
        return std::nullopt;

    alignas(nlmsghdr) std::array<char, 4096> answer{};
    const ssize_t size = ::recv(netlink.get(), answer.data(), answer.size(), 0);
    const auto* const header = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (size < 0 || !NLMSG_OK(header, static_cast<unsigned>(size)) ||
        header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        header->nlmsg_len < NLMSG_LENGTH(sizeof(unix_diag_msg)))
        return std::nullopt;
    return read_attributes(*header);
}

} // namespace reload
