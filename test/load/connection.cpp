// Owns the system calls of one connection.
#include "connection.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace load {
namespace {

using namespace std::chrono_literals;

// How often to knock at a Unix socket whose backlog is full; the kernel offers no event for it.
constexpr Duration backlog_retry = 2ms;

// How long the server may take to close after its last answer. It should go first, because the
// side that closes first keeps the port in TIME_WAIT.
constexpr Duration linger_limit = 1s;

constexpr std::uint32_t readable = EPOLLIN | EPOLLRDHUP;

int pending_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return errno;
    return error;
}

bool bind_source(int fd, const Address& source) {
    // Without this option bind() would pick the port before the destination is known, and one port
    // could serve one destination only.
    const int on = 1;
    return setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
           bind(fd, source.get(), source.length) == 0;
}

} // namespace

void Connection::open(const Endpoint& endpoint, const Address* source, Due due) {
    endpoint_ = &endpoint;
    due_ = due;
    reused_ = false;
    watched_ = 0;
    response_.reset();
    loop_.set_alarm(*this, due_.deadline);

    const int family = endpoint.target.address.family();
    socket_ = UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_)
        return fail_with_errno(errno);
    if (source != nullptr && source->family() == family && !bind_source(socket_.get(), *source))
        return fail_with_errno(errno);
    begin_connect();
}

void Connection::begin_connect() {
    const Address& address = endpoint_->target.address;
    const int result = ::connect(socket_.get(), address.get(), address.length);
    if (result != 0 && errno == EAGAIN && address.family() == AF_UNIX) {
        state_ = State::backlogged;
        return loop_.set_alarm(*this, std::min(Clock::now() + backlog_retry, due_.deadline));
    }
    if (result != 0 && errno != EINPROGRESS)
        return fail_with_errno(errno);
    // On loopback the handshake is over by now, whatever connect() said, so sending usually works
    // at once and spares the wait for writability. If it does not, send_rest() waits.
    state_ = State::connecting;
    begin_request();
}

void Connection::send_again(Due due) {
    due_ = due;
    reused_ = true;
    response_.reset();
    loop_.set_alarm(*this, due_.deadline);
    state_ = State::sending;
    begin_request();
}

void Connection::begin_request() {
    unsent_ = endpoint_->request;
    send_rest();
}

void Connection::close() {
    loop_.clear_alarm(*this);
    socket_.reset();
    state_ = State::closed;
}

void Connection::abort() {
    const linger no_farewell{.l_onoff = 1, .l_linger = 0};
    if (socket_)
        setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &no_farewell, sizeof no_farewell);
    close();
}

void Connection::on_ready() {
    switch (state_) {
    case State::connecting:
        if (const int error = pending_error(socket_.get()); error != 0)
            return fail_with_errno(error);
        state_ = State::sending;
        return send_rest();
    case State::sending:
        return send_rest();
    case State::receiving:
        return receive();
    case State::idle: // nothing was asked, so this is the end, or bytes that break the protocol
    case State::lingering:
        close();
        return owner_.closed(*this);
    case State::closed:
    case State::backlogged:
        return;
    }
}

void Connection::on_time() {
    if (state_ == State::lingering) {
        abort();
        return owner_.closed(*this);
    }
    if (state_ == State::backlogged && Clock::now() < due_.deadline) {
        loop_.set_alarm(*this, due_.deadline);
        return begin_connect();
    }
    const bool waits_for_accept = state_ == State::backlogged || state_ == State::connecting;
    fail(Failure{FailureClass::timeout, waits_for_accept    ? "not connected in time"
                                        : response_.begun() ? "answer not complete in time"
                                                            : "no answer in time"});
}

void Connection::send_rest() {
    while (!unsent_.empty()) {
        const ssize_t sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN)
                return fail_with_errno(errno);
            if (!await(EPOLLOUT))
                fail_with_errno(errno);
            return;
        }
        unsent_.remove_prefix(static_cast<std::size_t>(sent));
    }
    state_ = State::receiving;
    if (!await(readable))
        fail_with_errno(errno);
}

void Connection::receive() {
    const auto buffer = loop_.scratch();
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR)
            fail_with_errno(errno);
        return;
    }
    const bool stream_ended = size == 0;
    const auto progress = stream_ended
                              ? response_.end_of_stream()
                              : response_.consume({buffer.data(), static_cast<std::size_t>(size)});
    if (progress == HttpResponse::Progress::incomplete && !stream_ended)
        return; // what is left in the socket makes it readable again
    if (auto failure = judge(response_, progress))
        return fail(*failure);
    complete(stream_ended);
}

void Connection::complete(bool stream_ended) {
    if (stream_ended) {
        close();
    } else if (response_.closes()) {
        state_ = State::lingering;
        loop_.set_alarm(*this, Clock::now() + linger_limit);
    } else {
        state_ = State::idle;
        loop_.clear_alarm(*this);
    }
    owner_.answered(*this, response_);
}

void Connection::fail(const Failure& failure) {
    abort();
    owner_.failed(*this, failure);
}

bool Connection::await(std::uint32_t events) {
    if (watched_ == events)
        return true;
    const bool done = watched_ == 0 ? loop_.watch(socket_.get(), events, *this)
                                    : loop_.change(socket_.get(), events, *this);
    watched_ = events;
    return done;
}

} // namespace load
