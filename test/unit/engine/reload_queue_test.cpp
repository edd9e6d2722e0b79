// One reload at a time; every caller gets the result of a run that began after its request.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

namespace {

bool has_ended(const ReloadRunPtr& run) {
    return run->outcome.has_value();
}

} // namespace

TEST_CASE("requests during a run are merged into exactly one more run") {
    Rehearsal r;
    r.start_serving();
    const ReloadRunPtr first = r.supervision.queue().request(false);
    r.run_for(7ms); // in its check or start
    std::vector<ReloadRunPtr> later;
    for (int i = 0; i < 10; ++i)
        later.push_back(r.supervision.queue().request(false));
    CHECK_FALSE(has_ended(first));
    REQUIRE(r.run_until([&later] { return has_ended(later.back()); }));
    for (const ReloadRunPtr& run : later) {
        CHECK(run == later.front());
        CHECK(run != first);
    }
    CHECK(later.front()->callers == 10);
    CHECK(r.noticed("answers 10 requests"));
    r.run_for(10s);
    CHECK(r.serving() == 3);
    CHECK(r.count("result committed") == 3);
    CHECK(r.most_candidates == 1);
}

TEST_CASE("a caller gets the result of a run that began after its request") {
    Rehearsal r;
    r.start_serving();
    r.proxies.config = "two";
    const ReloadRunPtr before = r.supervision.queue().request(false);
    r.run_for(15ms);
    r.proxies.config = "three"; // and then asked: this must be what is loaded
    const ReloadRunPtr after = r.supervision.queue().request(false);
    REQUIRE(r.run_until([&after] { return has_ended(after); }));
    REQUIRE(after->outcome->report.result == ReloadResult::committed);
    CHECK(r.proxies.process(r.serving()).text == "three");
    CHECK(has_ended(before));
    CHECK(before->outcome->report.id < after->outcome->report.id);
}

TEST_CASE("requests at the same moment share one run, each is answered") {
    Rehearsal r;
    r.start_serving();
    const ReloadRunPtr one = r.supervision.queue().request(false);
    const ReloadRunPtr two = r.supervision.queue().request(false);
    CHECK(one == two);
    REQUIRE(r.run_until([&two] { return has_ended(two); }));
    r.run_for(1s);
    CHECK(r.count("start 3") == 0);
}

TEST_CASE("merged requests do nothing only if nobody wants more") {
    Rehearsal r;
    r.start_serving();
    const ReloadRunPtr careful = r.supervision.queue().request(true);
    CHECK(careful->request.if_changed);
    const ReloadRunPtr firm = r.supervision.queue().request(false);
    CHECK(careful == firm);
    r.supervision.queue().request(true);
    REQUIRE(r.run_until([&firm] { return has_ended(firm); }));
    CHECK(firm->outcome->report.result == ReloadResult::committed);

    const ReloadRunPtr again = r.supervision.queue().request(true);
    CHECK(r.supervision.queue().request(true) == again);
    REQUIRE(r.run_until([&again] { return has_ended(again); }));
    CHECK(again->outcome->report.result == ReloadResult::unchanged);
}

TEST_CASE("the time of a merged reload counts from its first request") {
    Rehearsal r;
    r.start_serving();
    r.supervision.queue().request(false);
    r.run_for(6ms);
    const ReloadRunPtr run = r.supervision.queue().request(false);
    r.run_for(4ms);
    r.supervision.queue().request(false);
    REQUIRE(r.run_until([&run] { return has_ended(run); }));
    // 10 ms until the run before it ends, then 16 ms of its own
    CHECK(run->outcome->report.timings_ms.total == 26.0);
}

TEST_CASE("a refused run does not touch the request that waits behind it") {
    Rehearsal r;
    r.start_serving();
    FakeCheck fails;
    fails.passes = false;
    r.proxies.checks.push_back(fails);
    const ReloadRunPtr bad = r.supervision.queue().request(false);
    r.run_for(2ms);
    const ReloadRunPtr good = r.supervision.queue().request(false);
    REQUIRE(r.run_until([&good] { return has_ended(good); }));
    CHECK(bad->outcome->report.result == ReloadResult::rejected);
    CHECK(good->outcome->report.result == ReloadResult::committed);
    CHECK(r.supervision.queue().last()->id == good->outcome->report.id);
}

TEST_CASE("reloads are numbered one after the other") {
    Rehearsal r;
    r.start_serving();
    CHECK(r.reload().id == 2);
    CHECK(r.reload().id == 3);
    r.proxies.config_unreadable = true;
    CHECK(r.reload().id == 4);
}

TEST_CASE("a request that waits when a stop comes is refused, not forgotten") {
    Rehearsal r;
    r.start_serving();
    const ReloadRunPtr running = r.supervision.queue().request(false);
    r.run_for(2ms);
    const ReloadRunPtr waiting = r.supervision.queue().request(false);
    r.supervision.stop(StopMode::graceful);
    REQUIRE(r.run_until_exit());
    for (const ReloadRunPtr& run : {running, waiting}) {
        REQUIRE(has_ended(run));
        CHECK(run->outcome->report.result == ReloadResult::rejected);
        CHECK(run->outcome->report.reason.find("stop") != std::string::npos);
        CHECK(exit_code(run->outcome->report) != 0);
    }
    CHECK(r.count("start 2") == 0);
}

TEST_CASE("a request after a stop is refused at once") {
    Rehearsal r;
    r.start_serving();
    r.supervision.stop(StopMode::graceful);
    const ReloadRunPtr run = r.supervision.queue().request(false);
    REQUIRE(has_ended(run));
    CHECK(run->outcome->report.result == ReloadResult::rejected);
    CHECK(run->outcome->report.reason == "the supervisor is stopping");
}

TEST_CASE("a storm of requests ends, and the last wish is what serves") {
    Rehearsal r;
    r.start_serving();
    ReloadRunPtr last;
    for (int i = 0; i < 100; ++i) {
        r.proxies.config = "text " + std::to_string(i);
        last = r.supervision.queue().request(false);
        r.run_for(3ms);
    }
    REQUIRE(r.run_until([&last] { return has_ended(last); }));
    CHECK(last->outcome->report.result == ReloadResult::committed);
    CHECK(r.proxies.process(r.serving()).text == "text 99");
    CHECK(r.most_candidates == 1);
    r.run_for(10s);
    CHECK(r.proxies.alive() == 1);
    CHECK(r.open_sockets() == 1);
}
