// Binding the sockets of `--listen`.
#pragma once

#include "model/listen_address.hpp"
#include "port/listening_socket.hpp"

namespace reload {

/// A bound and listening socket. IPv6 sockets take IPv6 only, so that `[::]:80` can stand beside
/// `0.0.0.0:80`. The path of a Unix socket that nobody listens on any more is replaced; one that
/// somebody listens on is an error.
[[nodiscard]] Result<ListeningSocket> bind_listen(const std::string& name,
                                                  const ListenAddress& address);

} // namespace reload
