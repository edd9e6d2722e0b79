// The control socket: HTTP/1.1 with JSON on a Unix socket. Accepts clients, bounds their number,
// and looks at who they are. What a client says is the business of control/session.
#pragma once

#include "control/session.hpp"
#include "engine/supervision.hpp"
#include "port/unique_fd.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <list>
#include <memory>
#include <sys/types.h>

namespace reload {

/// Who may use the control socket, beside root and our own user.
struct ControlAccess {
    mode_t mode = 0600;
    gid_t group = 0; ///< group of the socket
};

class ControlServer {
public:
    /// `listener` is bound and listening. `supervision` must outlive this.
    ControlServer(const asio::any_io_executor& executor, UniqueFd listener, ControlAccess access,
                  Supervision& supervision, Clock& clock);

    void start();
    /// Takes no new client; returns when the present ones are done, at most after `patience`.
    Awaitable<void> finish(std::chrono::milliseconds patience);

private:
    using Socket = asio::local::stream_protocol::socket;

    Awaitable<void> accept();
    Awaitable<void> serve(Socket socket, std::shared_ptr<SessionState> state);
    /// Makes room for one more client; false when every one is busy.
    bool make_room();
    [[nodiscard]] bool permitted(Socket& socket) const;

    asio::any_io_executor executor_;
    asio::local::stream_protocol::acceptor acceptor_;
    ControlAccess access_;
    Supervision& supervision_;
    Clock& clock_;
    Latch closing_;
    std::list<std::shared_ptr<SessionState>> states_; ///< of the running sessions, oldest first
    Tasks sessions_;
};

} // namespace reload
