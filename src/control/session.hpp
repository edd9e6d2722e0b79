// One client of the control socket: its requests, one after the other, and our answers.
#pragma once

#include "engine/supervision.hpp"

#include <boost/asio/local/stream_protocol.hpp>

namespace reload {

/// Why a client gets nothing but an error.
enum class SessionRefusal { none, not_permitted, too_many };

/// Serves a client until it leaves, errs, or is too slow. Its requests and its silence are bounded
/// in size and time; whatever it does concerns this session alone.
Awaitable<void> serve_session(asio::local::stream_protocol::socket socket, Supervision& supervision,
                              SessionRefusal refusal);

} // namespace reload
