// Owns the open loop: one new connection per arrival, one request on it.
#pragma once

#include "connection.hpp"
#include "event_loop.hpp"
#include "recorder.hpp"
#include "schedule.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace load {

class NewConnections final : private Handler, private Connection::Owner {
public:
    struct Plan {
        std::vector<Endpoint> endpoints;
        std::vector<Address> sources;
        Expectation expected;
        Duration timeout;
    };

    NewConnections(EventLoop& loop, Recorder& recorder, ArrivalSchedule schedule, Plan plan);

    void start();

    /// No arrivals that are due at `end` or later. Those under way go on.
    void stop(TimePoint end);

    bool done() const { return next_due() == never && under_way_ == 0; }

private:
    void on_time() override;
    void answered(Connection& connection, const HttpResponse& response) override;
    void failed(Connection& connection, const Failure& failure) override;
    void closed(Connection& connection) override;

    TimePoint next_due() const;
    void start_arrival(TimePoint due);
    Connection& unused_connection();

    EventLoop& loop_;
    Recorder& recorder_;
    ArrivalSchedule schedule_;
    Plan plan_;
    TimePoint end_ = never;
    std::uint64_t under_way_ = 0;
    std::size_t arrivals_ = 0;
    std::deque<Connection> connections_; ///< a deque, because connections must not move
    std::vector<Connection*> unused_;
};

} // namespace load
