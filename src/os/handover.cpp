#include "os/handover.hpp"

#include "model/getsocks.hpp"

#include <boost/asio/this_coro.hpp>
#include <cstring>
#include <optional>

namespace reload {
namespace {

/// Receives until something arrived; nothing when the connection ended.
Awaitable<std::optional<Received>> receive(WaitableFd& connection, std::size_t most_bytes,
                                           std::size_t most_fds) {
    for (;;) {
        Result<Received> received = receive_message(connection.get(), most_bytes, most_fds);
        if (received && !received->closed)
            co_return std::move(*received);
        if (received || !would_block(received.error()))
            co_return std::nullopt;
        const bool open = co_await connection.readable();
        if (!open)
            co_return std::nullopt;
    }
}

Awaitable<bool> send(WaitableFd& connection, std::string_view bytes, std::span<const int> fds) {
    for (;;) {
        const Result<std::size_t> sent = send_message(connection.get(), bytes, fds);
        if (sent) {
            bytes.remove_prefix(*sent);
            if (bytes.empty())
                co_return true;
            fds = {}; // the descriptors went with the first part
            continue;
        }
        if (!would_block(sent.error()))
            co_return false;
        const bool open = co_await connection.writable();
        if (!open)
            co_return false;
    }
}

/// The request, in as many pieces as it comes; false when it is something else.
Awaitable<bool> receive_request(WaitableFd& connection) {
    std::string request;
    while (request.size() < getsocks_request.size()) {
        const std::size_t missing = getsocks_request.size() - request.size();
        std::optional<Received> part = co_await receive(connection, missing, 0);
        if (!part)
            co_return false;
        request += part->bytes;
    }
    co_return request == getsocks_request;
}

Awaitable<void> answer(WaitableFd& connection, const std::vector<ListeningSocketPtr>& sockets) {
    const bool asked = co_await receive_request(connection);
    if (!asked)
        co_return;
    const auto count = static_cast<std::int32_t>(sockets.size());
    std::string head(sizeof(count), '\0');
    std::memcpy(head.data(), &count, sizeof(count));
    std::vector<int> fds;
    if (const bool sent = co_await send(connection, head, fds); !sent)
        co_return;

    for (std::size_t first = 0; first < sockets.size(); first += getsocks_batch) {
        const std::size_t size = std::min(getsocks_batch, sockets.size() - first);
        std::vector<SocketTag> tags;
        fds.clear();
        for (std::size_t i = first; i < first + size; ++i) {
            fds.push_back(sockets[i]->fd.get());
            tags.push_back(sockets[i]->tag);
        }
        const std::string records = encode_tags(tags);
        if (const bool sent = co_await send(connection, records, fds); !sent)
            co_return;
        // The client acknowledges every message; what it says nobody reads.
        const std::size_t acknowledgement = sizeof(std::int32_t);
        const auto acknowledged = co_await receive(connection, acknowledgement, 0);
        if (!acknowledged)
            co_return;
    }
}

} // namespace

Awaitable<void> serve_handover(std::shared_ptr<WaitableFd> pair,
                               std::vector<ListeningSocketPtr> sockets) {
    const auto executor = co_await asio::this_coro::executor;
    const std::size_t most = 16; // two zero bytes and one descriptor make a connection
    std::optional<Received> connection = co_await receive(*pair, most, most);
    if (!connection || connection->fds.empty())
        co_return;
    WaitableFd client(executor, std::move(connection->fds.front()));
    co_await answer(client, sockets);
}

} // namespace reload
