// Owns the closed loop: users who send a request, read the answer, think, and send the next one
// on the same connection for as long as the server keeps it open.
#pragma once

#include "connection.hpp"
#include "event_loop.hpp"
#include "recorder.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace load {

class KeepaliveUsers {
public:
    struct Plan {
        std::vector<Endpoint> endpoints;
        std::vector<Address> sources;
        Expectation expected;
        Duration timeout;
        Duration think;
        std::uint64_t users = 0;
    };

    KeepaliveUsers(EventLoop& loop, Recorder& recorder, Plan plan);

    /// The first requests are spread over one think time, so that the users do not march in step.
    void start(TimePoint at);

    /// No new requests. Those under way go on, sent again once if need be.
    void stop();

    bool done() const { return stopped_ && under_way_ == 0; }

private:
    class User;

    EventLoop& loop_;
    Recorder& recorder_;
    Plan plan_;
    bool stopped_ = false;
    std::uint64_t under_way_ = 0;
    std::vector<std::unique_ptr<User>> users_;
};

class KeepaliveUsers::User final : private Handler, private Connection::Owner {
public:
    User(KeepaliveUsers& group, const Endpoint& endpoint, const Address* source);

    void send_at(TimePoint when);
    void stop();

private:
    void on_time() override;
    void answered(Connection& connection, const HttpResponse& response) override;
    void failed(Connection& connection, const Failure& failure) override;
    void closed(Connection& connection) override;

    void rest(Duration pause);

    KeepaliveUsers& group_;
    const Endpoint& endpoint_;
    const Address* source_;
    Connection connection_;
    TimePoint due_ = never;
    bool asking_ = false;     ///< a request is under way
    bool sent_again_ = false; ///< the request under way is a second attempt
    bool close_announced_ = false;
};

} // namespace load
