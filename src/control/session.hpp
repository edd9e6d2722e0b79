// One client of the control socket: its requests, one after the other, and our answers.
#pragma once

#include "engine/supervision.hpp"

#include <boost/asio/local/stream_protocol.hpp>

namespace reload {

/// What the server knows of a session.
struct SessionState {
    explicit SessionState(const asio::any_io_executor& executor) : evicted(executor) {}
    bool busy = false; ///< a whole request is being answered
    Latch evicted;     ///< its place is needed by somebody who has something to say
};

/// Serves a client until it leaves, errs, is too slow, or is evicted. Its requests and its silence
/// are bounded in size and time; whatever it does concerns this session alone.
Awaitable<void> serve_session(asio::local::stream_protocol::socket socket, Supervision& supervision,
                              std::shared_ptr<SessionState> state);

} // namespace reload
