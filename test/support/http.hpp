// A client connection, step by step: for what load_client is too fast for.
#pragma once

#include "support/eventually.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct Answer {
    int status = 0;
    std::string served_by; ///< the header x-served-by
    std::string body;
};

/// Addresses are written 127.0.0.1:80, [::1]:80, unix@/path, abns@name.
class Client {
public:
    explicit Client(const std::string& address);
    ~Client();
    Client(Client&& other) noexcept;
    Client& operator=(Client&&) = delete;

    /// Why there is no connection (errno of connect); 0: there is one.
    [[nodiscard]] int problem() const { return problem_; }
    bool send(std::string_view bytes) const;
    /// One answer with Content-Length or chunked body; nothing when the connection ends before its
    /// last byte, or the time is over.
    std::optional<Answer> answer(std::chrono::milliseconds within = 10s);
    /// Everything until the server closes; nothing when it does not close in time.
    std::optional<std::string> rest(std::chrono::milliseconds within = 10s);
    /// True if the server has closed the connection.
    [[nodiscard]] bool closed() const;

    /// GET on this connection, which stays open.
    std::optional<Answer> get(std::string_view path = "/");

private:
    bool read_more(std::chrono::steady_clock::time_point deadline);

    int fd_ = -1;
    int problem_ = 0;
    std::string unread_;
};

/// errno of one connect; 0 when it is accepted.
[[nodiscard]] int try_connect(const std::string& address);
/// GET / on a connection of its own; nothing unless a whole answer came.
[[nodiscard]] std::optional<Answer> get(const std::string& address);
/// The generation that answers there; "refused" when nobody takes the connection, "lost" when it
/// was taken and no whole answer came.
[[nodiscard]] std::string served_by(const std::string& address);

/// Waits until that generation answers: for a moment after a reload the old one, which has the
/// socket as well, may take a connection yet. False at once when one is refused or lost.
[[nodiscard]] bool comes_to_serve(const std::string& address, const std::string& generation);

/// A request that is under way until it is told to finish: its body is yet to come.
class HeldRequest {
public:
    explicit HeldRequest(const std::string& address);
    std::optional<Answer> finish();
    [[nodiscard]] bool closed() const { return client_.closed(); }

private:
    Client client_;
};

/// A listening socket of the test itself, for addresses that somebody else holds.
class Listener {
public:
    explicit Listener(std::uint16_t port);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

private:
    int fd_ = -1;
};

} // namespace support
