// Owns one client connection: socket, request on its way, answer being read, deadline. Its owner
// decides what to send when and what an outcome means.
#pragma once

#include "classification.hpp"
#include "clock.hpp"
#include "event_loop.hpp"
#include "http_response.hpp"
#include "target.hpp"
#include "unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace load {

/// A target together with the bytes to send to it.
struct Endpoint {
    Target target;
    std::string request;
};

/// When a request should be sent, and when to give up on its answer.
struct Due {
    TimePoint at;
    TimePoint deadline;
};

///             open()                                     send_again()
///   closed ----------> connecting ----> sending <------------------------ idle
///                  |       ^              |                                ^
///                  |       |              v             answer, kept open  |
///                  '--> backlogged    receiving ---------------------------'
///                   (Unix, full)          |
///                                         | answer, last one on this connection
///                                         v
///                                     lingering ----> closed
///
/// A failure leads to `closed` from everywhere.
class Connection final : private Handler {
public:
    /// Is told each outcome as the last thing a connection does before it returns to the loop, so
    /// an owner may open, send or close from inside. An outcome may come from inside open() too.
    struct Owner {
        virtual void answered(Connection&, const HttpResponse&) = 0;
        /// The connection is closed already.
        virtual void failed(Connection&, const Failure&) = 0;
        /// An idle or lingering connection has been closed.
        virtual void closed(Connection&) = 0;

    protected:
        ~Owner() = default;
    };

    Connection(EventLoop& loop, Owner& owner, const Expectation& expected)
        : loop_(loop), owner_(owner), response_(expected) {}

    /// Connects (from `source`, unless null) and sends the request. Requires: closed.
    void open(const Endpoint& endpoint, const Address* source, Due due);

    /// Sends the request once more on the same connection. Requires: idle.
    void send_again(Due due);

    /// Closes without telling the owner.
    void close();

    /// Closes with a reset instead of a farewell, for a connection the server did not close first.
    /// This spares the port its minute in TIME_WAIT: at thousands of connections a second a hanging
    /// server would otherwise use up all ports, and the kernel's search for a free one all the CPU.
    void abort();

    bool is_closed() const { return state_ == State::closed; }
    bool is_idle() const { return state_ == State::idle; }
    bool reused() const { return reused_; } ///< the request was not the first one here
    bool answer_begun() const { return response_.begun(); }
    const Endpoint& endpoint() const { return *endpoint_; }
    Due due() const { return due_; }

private:
    enum class State { closed, backlogged, connecting, sending, receiving, idle, lingering };

    void on_ready() override;
    void on_time() override;

    void begin_connect();
    void begin_request();
    void send_rest();
    void receive();
    void complete(bool stream_ended);
    void fail(const Failure& failure);
    void fail_with_errno(int error) { fail(failure_of_errno(error)); }
    [[nodiscard]] bool await(std::uint32_t events);

    EventLoop& loop_;
    Owner& owner_;
    const Endpoint* endpoint_ = nullptr;
    Due due_;
    State state_ = State::closed;
    bool reused_ = false;
    std::uint32_t watched_ = 0; ///< events the loop watches for; none yet: 0
    UniqueFd socket_;
    std::string_view unsent_;
    HttpResponse response_;
};

} // namespace load
