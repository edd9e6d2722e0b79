#include "os/admin_channel.hpp"

#include "model/getsocks.hpp"
#include "os/socket_facts.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>

namespace reload {
namespace {

/// In prompt mode HAProxy ends every reply with an empty line and this.
constexpr std::string_view prompt = "\n> ";
constexpr std::size_t longest_reply = std::size_t{1} << 20;

Error broken(std::string why) {
    return plain_error(Stage::ready, "admin channel", std::move(why));
}

Awaitable<Result<void>> send_all(WaitableFd& connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            co_return errno_error(Stage::ready, "admin channel");
        const bool open = co_await connection.writable();
        if (!open)
            co_return broken("closed");
    }
    co_return Result<void>();
}

/// One message with descriptors, waiting for it as long as it takes.
Awaitable<Result<Received>> receive(WaitableFd& connection, std::size_t most_bytes,
                                    std::size_t most_fds) {
    for (;;) {
        Result<Received> received = receive_message(connection.get(), most_bytes, most_fds);
        if (received || !would_block(received.error()))
            co_return received;
        const bool open = co_await connection.readable();
        if (!open)
            co_return broken("closed");
    }
}

} // namespace

AdminChannel::AdminChannel(const asio::any_io_executor& executor, UniqueFd pair)
    : executor_(executor), pair_(std::move(pair)) {}

void AdminChannel::close() {
    if (persistent_)
        persistent_->close();
    pair_.reset();
}

Result<UniqueFd> AdminChannel::connect() {
    if (!pair_)
        return broken("closed");
    auto connection = make_socket_pair();
    if (!connection)
        return connection.error();
    const std::array<int, 1> theirs{connection->theirs.get()};
    const auto sent = send_message(pair_.get(), std::string_view("\0\0", 2), theirs);
    if (!sent)
        return broken(sent.error().code.message());
    return std::move(connection->ours);
}

Awaitable<Result<std::string>> AdminChannel::exchange(std::string line) {
    line += '\n';
    if (auto sent = co_await send_all(*persistent_, line); !sent)
        co_return sent.error();
    std::string reply;
    while (!reply.ends_with(prompt)) {
        const std::size_t room = std::size_t{16} << 10;
        Result<Received> part = co_await receive(*persistent_, room, 0);
        if (!part)
            co_return part.error();
        if (part->closed)
            co_return broken("the proxy closed it");
        reply += part->bytes;
        if (reply.size() > longest_reply)
            co_return broken("the reply is too long");
    }
    reply.resize(reply.size() - prompt.size());
    co_return reply;
}

Awaitable<Result<void>> AdminChannel::open_persistent() {
    auto connection = connect();
    if (!connection)
        co_return connection.error();
    persistent_ = std::make_unique<WaitableFd>(executor_, std::move(*connection));
    // Kept open from the start: `stats maxconn` is shared with the user's own stats sockets, and a
    // draining HAProxy takes no new one. 24 days is what its timers hold.
    std::string enter = "prompt";
    if (auto entered = co_await exchange(std::move(enter)); !entered)
        co_return entered.error();
    std::string stay = "set timeout cli 24d";
    if (auto stayed = co_await exchange(std::move(stay)); !stayed)
        co_return stayed.error();
    co_return Result<void>();
}

Awaitable<Result<std::string>> AdminChannel::ask(std::string_view command) {
    std::string line(command);
    if (persistent_) {
        Result<std::string> reply = co_await exchange(line);
        if (reply || !pair_)
            co_return reply;
        persistent_.reset(); // timed out on the proxy's side: one fresh try
    }
    if (auto opened = co_await open_persistent(); !opened) {
        persistent_.reset();
        co_return opened.error();
    }
    Result<std::string> reply = co_await exchange(std::move(line));
    if (!reply)
        persistent_.reset();
    co_return reply;
}

Awaitable<Result<std::vector<ListeningSocket>>> AdminChannel::collect_sockets() {
    // One connection at a time: the user may have set `stats maxconn 1`.
    persistent_.reset();
    Result<std::vector<ListeningSocket>> sockets = co_await get_sockets();
    if (sockets)
        co_await open_persistent(); // what ails it will be told by the next question
    co_return sockets;
}

Awaitable<Result<std::vector<ListeningSocket>>> AdminChannel::get_sockets() {
    std::vector<ListeningSocket> sockets;
    auto connected = connect();
    if (!connected)
        co_return connected.error();
    WaitableFd connection(executor_, std::move(*connected));
    if (auto sent = co_await send_all(connection, getsocks_request); !sent)
        co_return sent.error();

    std::int32_t announced = 0;
    Result<Received> head = co_await receive(connection, sizeof(announced), 0);
    if (!head)
        co_return head.error();
    if (head->closed)
        co_return sockets; // it has none to give
    if (head->bytes.size() != sizeof(announced))
        co_return broken("_getsocks: short count");
    std::memcpy(&announced, head->bytes.data(), sizeof(announced));
    if (announced < 0 || announced > getsocks_most_sockets)
        co_return broken(fmt::format("_getsocks: announced {} sockets", announced));

    const auto wanted = static_cast<std::size_t>(announced);
    while (sockets.size() < wanted) {
        constexpr std::size_t room = getsocks_largest_batch * getsocks_longest_record;
        Result<Received> batch = co_await receive(connection, room, getsocks_largest_batch);
        if (!batch)
            co_return batch.error();
        const auto tags = decode_tags(batch->bytes, batch->fds.size());
        if (batch->closed || batch->fds.empty() || !tags)
            co_return broken(
                fmt::format("_getsocks: broke off after {} of {} sockets", sockets.size(), wanted));
        const auto before = static_cast<std::int32_t>(sockets.size());
        for (std::size_t i = 0; i < batch->fds.size(); ++i) {
            auto socket = describe_socket(std::move(batch->fds[i]));
            if (!socket)
                co_return socket.error();
            socket->tag = (*tags)[i];
            sockets.push_back(std::move(*socket));
        }
        // Always acknowledged; up to 3.1 nobody waits for the last one, so it may fail.
        std::string acknowledgement(sizeof(before), '\0');
        std::memcpy(acknowledgement.data(), &before, sizeof(before));
        co_await send_all(connection, acknowledgement);
    }
    co_return sockets;
}

} // namespace reload
