// The private admin channel to a proxy: a socketpair whose far end the proxy treats as a stats
// socket. No file, no permission, nothing that another process could reach.
//
// Protocol, HAProxy 2.0 to 3.5 (`stats socket sockpair@N`, src/proto_sockpair.c): a connection is
// made by sending one end of a fresh socketpair over the pair, with two zero bytes. It may be made,
// and written to, before the proxy listens: it is answered once the proxy's event loop runs, which
// is what readiness means here.
#pragma once

#include "os/descriptor.hpp"
#include "port/listening_socket.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace reload {

class AdminChannel {
public:
    /// Takes our end of the pair. Destroying or closing it ends every call under way with an error.
    AdminChannel(const asio::any_io_executor& executor, UniqueFd pair);

    /// One command on the persistent connection, which is made at the first call and again after it
    /// broke. Returns the reply without the prompt. One caller at a time.
    Awaitable<Result<std::string>> ask(std::string_view command);

    /// The proxy's listening sockets, by `_getsocks` on a connection of its own, while no other
    /// call is under way.
    Awaitable<Result<std::vector<ListeningSocket>>> collect_sockets();

    void close();

private:
    Result<UniqueFd> connect();
    Awaitable<Result<void>> open_persistent();
    Awaitable<Result<std::vector<ListeningSocket>>> get_sockets();
    Awaitable<Result<std::string>> exchange(std::string line);

    asio::any_io_executor executor_;
    UniqueFd pair_;
    std::unique_ptr<WaitableFd> persistent_;
};

} // namespace reload
