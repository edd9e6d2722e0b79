// Checks on request: shared, one at a time, beside whatever else goes on.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>

using namespace reload;
using namespace std::chrono_literals;

namespace {

using Answer = std::shared_ptr<std::optional<CheckOutcome>>;

/// One caller more; its answer arrives while the rehearsal runs.
Answer ask(Rehearsal& r) {
    auto answer = std::make_shared<std::optional<CheckOutcome>>();
    asio::co_spawn(r.context, r.supervision.checks().check(),
                   [answer](const std::exception_ptr& problem, CheckOutcome outcome) {
                       if (problem)
                           std::rethrow_exception(problem);
                       *answer = std::move(outcome);
                   });
    return answer;
}

bool all_answered(const std::vector<Answer>& answers) {
    for (const Answer& answer : answers)
        if (!*answer)
            return false;
    return true;
}

} // namespace

TEST_CASE("a check alone starts nothing and changes nothing") {
    Rehearsal r;
    r.start_serving();
    FakeCheck no;
    no.passes = false;
    no.output = "words";
    r.proxies.checks = {no};
    const CheckOutcome outcome = r.check();
    CHECK_FALSE(outcome.passed);
    CHECK(outcome.reason == "the check says no");
    CHECK(outcome.output == "words");
    CHECK(r.check().passed);
    CHECK(r.count("check 2") == 2);
    CHECK(r.count("start 2") == 0);
    CHECK(r.reload().to == 2);
}

TEST_CASE("a hundred callers share two checks: the one under way is not for those who came later") {
    Rehearsal r;
    r.start_serving();
    FakeCheck old_news;
    old_news.passes = false;
    r.proxies.checks = {old_news};
    std::vector<Answer> answers{ask(r)};
    r.run_for(2ms);
    for (int i = 0; i < 99; ++i)
        answers.push_back(ask(r));
    unsigned most = 0;
    REQUIRE(r.run_until([&] {
        most = std::max(most, r.proxies.checks_running);
        return all_answered(answers);
    }));
    CHECK(most == 1);
    CHECK(r.count("check 2") == 2);
    CHECK_FALSE((*answers.front())->passed);
    for (std::size_t i = 1; i < answers.size(); ++i)
        CHECK((*answers[i])->passed);
}

TEST_CASE("a check runs beside a reload without a word to it") {
    Rehearsal r;
    r.start_serving();
    FakeCheck passes;
    FakeCheck no;
    no.passes = false;
    r.proxies.checks = {passes, no};
    const ReloadRunPtr run = r.supervision.queue().request(false);
    r.run_for(1ms);
    const std::vector<Answer> answers{ask(r)};
    REQUIRE(r.run_until([&run] { return run->outcome.has_value(); }));
    CHECK(run->outcome->report.result == ReloadResult::committed);
    REQUIRE(r.run_until([&answers] { return all_answered(answers); }));
    CHECK_FALSE((*answers.front())->passed);
}

TEST_CASE("a stop answers everybody who waits for a check, and waits for none") {
    Rehearsal r;
    r.start_serving();
    FakeCheck hangs;
    hangs.hangs = true;
    r.proxies.checks = {hangs};
    std::vector<Answer> answers{ask(r)};
    r.run_for(1s);
    answers.push_back(ask(r));
    r.run_for(1s);
    r.supervision.stop(StopMode::graceful);
    const double began = r.now_ms();
    REQUIRE(r.run_until([&answers] { return all_answered(answers); }));
    REQUIRE(r.run_until_exit());
    CHECK(r.now_ms() - began < 100);
    for (const Answer& answer : answers) {
        CHECK_FALSE((*answer)->passed);
        CHECK((*answer)->reason.find("stopping") != std::string::npos);
    }
    CHECK(r.proxies.checks_running == 0);
}
