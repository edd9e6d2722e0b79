// Owns the life of a keep-alive user.
#include "keepalive_users.hpp"

#include <algorithm>

namespace load {
namespace {

using namespace std::chrono_literals;

// The least pause after a failure: without think time a dead server would otherwise make a user
// spin.
constexpr Duration pause_after_failure = 50ms;

} // namespace

KeepaliveUsers::KeepaliveUsers(EventLoop& loop, Recorder& recorder, Plan plan)
    : loop_(loop), recorder_(recorder), plan_(std::move(plan)) {
    for (std::size_t i = 0; i < plan_.users; ++i) {
        const Endpoint& endpoint = plan_.endpoints[i % plan_.endpoints.size()];
        const Address* source =
            plan_.sources.empty() ? nullptr : &plan_.sources[i % plan_.sources.size()];
        users_.push_back(std::make_unique<User>(*this, endpoint, source));
    }
}

void KeepaliveUsers::start(TimePoint at) {
    const auto count = static_cast<Duration::rep>(users_.size());
    Duration::rep position = 0;
    for (const auto& user : users_)
        user->send_at(at + plan_.think * position++ / count);
}

void KeepaliveUsers::stop() {
    stopped_ = true;
    for (const auto& user : users_)
        user->stop();
}

KeepaliveUsers::User::User(KeepaliveUsers& group, const Endpoint& endpoint, const Address* source)
    : group_(group), endpoint_(endpoint), source_(source),
      connection_(group.loop_, *this, group.plan_.expected) {}

void KeepaliveUsers::User::send_at(TimePoint when) {
    due_ = when;
    group_.loop_.set_alarm(*this, when);
}

void KeepaliveUsers::User::stop() {
    group_.loop_.clear_alarm(*this);
    if (!asking_)
        connection_.close();
}

void KeepaliveUsers::User::on_time() {
    const TimePoint now = Clock::now();
    const Due due{due_, due_ + group_.plan_.timeout};
    Statistics& statistics = group_.recorder_.statistics();
    statistics.count_start(Kind::keepalive);
    statistics.count_lateness(now - due.at);
    asking_ = true;
    sent_again_ = false;
    close_announced_ = false;
    ++group_.under_way_;

    if (now >= due.deadline) {
        group_.recorder_.failed(Kind::keepalive, endpoint_, client_too_late());
        return rest(pause_after_failure);
    }
    if (connection_.is_idle())
        return connection_.send_again(due);
    connection_.close(); // may still be waiting for the server to close it
    connection_.open(endpoint_, source_, due);
}

void KeepaliveUsers::User::answered(Connection&, const HttpResponse& response) {
    Statistics& statistics = group_.recorder_.statistics();
    group_.recorder_.ok(Kind::keepalive, connection_, response);
    if (sent_again_)
        ++statistics.idle_closed;
    close_announced_ = response.closes();
    if (close_announced_)
        ++statistics.closed_by_answer;
    rest(group_.plan_.think);
}

void KeepaliveUsers::User::failed(Connection&, const Failure& failure) {
    if (!sent_again_ && may_be_sent_again(failure.failure_class, connection_.reused(),
                                          connection_.answer_begun())) {
        sent_again_ = true;
        return connection_.open(endpoint_, source_, connection_.due());
    }
    group_.recorder_.failed(Kind::keepalive, endpoint_, failure);
    rest(std::max(group_.plan_.think, pause_after_failure));
}

void KeepaliveUsers::User::closed(Connection&) {
    if (!close_announced_)
        ++group_.recorder_.statistics().eof_while_idle;
}

void KeepaliveUsers::User::rest(Duration pause) {
    asking_ = false;
    --group_.under_way_;
    if (group_.stopped_)
        return connection_.close();
    send_at(Clock::now() + pause);
}

} // namespace load
