// Owns the starting and counting of new connections.
#include "new_connections.hpp"

#include <algorithm>

namespace load {
namespace {

// Arrivals started before answers are looked at again, when the generator has to catch up.
constexpr int burst = 64;

} // namespace

NewConnections::NewConnections(EventLoop& loop, Recorder& recorder, ArrivalSchedule schedule,
                               Plan plan)
    : loop_(loop), recorder_(recorder), schedule_(schedule), plan_(std::move(plan)) {}

void NewConnections::start() {
    loop_.set_alarm(*this, next_due());
}

void NewConnections::stop(TimePoint end) {
    end_ = std::min(end_, end);
}

TimePoint NewConnections::next_due() const {
    const TimePoint due = schedule_.next();
    return due < end_ ? due : never;
}

void NewConnections::on_time() {
    for (int started = 0; started < burst && next_due() <= Clock::now(); ++started) {
        const TimePoint due = next_due();
        schedule_.take();
        start_arrival(due);
    }
    if (const TimePoint due = next_due(); due != never)
        loop_.set_alarm(*this, std::max(due, Clock::now()));
}

void NewConnections::start_arrival(TimePoint due) {
    const std::size_t turn = arrivals_++;
    const Endpoint& endpoint = plan_.endpoints[turn % plan_.endpoints.size()];
    const Address* source =
        plan_.sources.empty() ? nullptr : &plan_.sources[turn % plan_.sources.size()];
    const TimePoint now = Clock::now();
    recorder_.statistics().count_start(Kind::new_connection);
    recorder_.statistics().count_lateness(now - due);
    if (now >= due + plan_.timeout)
        return recorder_.failed(Kind::new_connection, endpoint, client_too_late());
    ++under_way_;
    unused_connection().open(endpoint, source, Due{due, due + plan_.timeout});
}

Connection& NewConnections::unused_connection() {
    if (unused_.empty()) {
        Owner& owner = *this;
        return connections_.emplace_back(loop_, owner, plan_.expected);
    }
    Connection& connection = *unused_.back();
    unused_.pop_back();
    return connection;
}

void NewConnections::answered(Connection& connection, const HttpResponse& response) {
    --under_way_;
    recorder_.ok(Kind::new_connection, connection, response);
    if (connection.is_idle()) // the server ignored our `Connection: close`
        connection.abort();
    if (connection.is_closed())
        unused_.push_back(&connection);
}

void NewConnections::failed(Connection& connection, const Failure& failure) {
    --under_way_;
    recorder_.failed(Kind::new_connection, connection.endpoint(), failure);
    unused_.push_back(&connection);
}

void NewConnections::closed(Connection& connection) {
    unused_.push_back(&connection);
}

} // namespace load
