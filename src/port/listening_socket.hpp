// A listening socket in our hands: its descriptor and what identifies it.
#pragma once

#include "model/getsocks.hpp"
#include "port/unique_fd.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace reload {

struct ListeningSocket {
    UniqueFd fd;
    std::uint64_t inode = 0; ///< the same in every process that shares the socket
    std::string address;     ///< as `status` prints it
    std::string type;        ///< tcp, udp, unix, ...
    SocketTag tag;           ///< namespace and interface, as the proxy told them
    std::string listen_name; ///< NAME of `--listen`; empty for a socket that the proxy opened
};

/// Shared, so that a hand-over under way keeps the sockets that it has announced open.
using ListeningSocketPtr = std::shared_ptr<const ListeningSocket>;

} // namespace reload
