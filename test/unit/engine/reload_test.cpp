// The story of one reload that goes well, and of those that are refused before anything is started.
#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

using namespace reload;
using namespace std::chrono_literals;

TEST_CASE("the first start is a reload from generation zero") {
    Rehearsal r;
    r.start_serving();
    CHECK(r.serving() == 1);
    CHECK(r.told_serving == 1);
    CHECK(r.proxies.process(1).first);
    CHECK(r.proxies.process(1).handed.empty());
    CHECK(r.held() == Inodes{101});
    const auto& report = r.supervision.queue().last();
    REQUIRE(report.has_value());
    CHECK(report->id == 1);
    CHECK(report->result == ReloadResult::committed);
    CHECK(report->from == 0);
    CHECK(report->to == 1);
    CHECK(exit_code(*report) == 0);
}

TEST_CASE("a reload puts a new generation in the place of the serving one") {
    Rehearsal r;
    r.start_serving();
    r.proxies.config = "two";
    const ReloadReport report = r.reload();
    CHECK(report.result == ReloadResult::committed);
    CHECK(report.stage == "commit");
    CHECK(report.id == 2);
    CHECK(report.from == 1);
    CHECK(report.to == 2);
    CHECK(report.reason.empty());
    CHECK(r.serving() == 2);
    CHECK(r.phase(1) == Phase::draining);
    CHECK(r.proxies.process(2).text == "two");
    CHECK_FALSE(r.proxies.process(2).first);
    REQUIRE(r.run_until([&r] { return r.phase(1) == Phase::gone; }));
    CHECK(r.proxies.alive() == 1);
    CHECK(r.most_candidates == 1);
}

TEST_CASE("the old generation is told to drain only after the new one is ready and serves") {
    Rehearsal r;
    r.start_serving();
    r.reload();
    CHECK(r.place("ready 2") < r.place("collect 2"));
    CHECK(r.place("collect 2") < r.place("serving 2"));
    CHECK(r.place("serving 2") < r.place("drain 1"));
    CHECK(r.count("drain 1") == 1);
    CHECK(r.count("stop 1") == 0);
    CHECK(r.count("kill 1") == 0);
}

TEST_CASE("the steps of a reload are told in their order and end with the result") {
    Rehearsal r;
    r.start_serving();
    const ReloadRunPtr run = r.supervision.queue().request(false);
    REQUIRE(r.run_until([&run] { return run->outcome.has_value(); }));
    std::vector<std::string> steps;
    double at = 0;
    for (const StepDone& step : run->steps) {
        steps.push_back(step.step);
        CHECK(step.reload == 2);
        CHECK(step.at_ms >= at);
        at = step.at_ms;
    }
    CHECK(steps == std::vector<std::string>{"requested", "check", "ready", "adopt", "cutover"});
    CHECK(r.journal.back() == "result committed");
}

TEST_CASE("a reload says how long its steps took") {
    Rehearsal r;
    r.start_serving();
    FakeCheck check;
    check.takes = 30ms;
    r.proxies.checks.push_back(check);
    FakeStart start;
    start.ready_after = 200ms;
    start.collect_takes = 7ms;
    r.proxies.starts.push_back(start);
    const Timings timings = r.reload().timings_ms;
    CHECK(timings.check == 30.0);
    CHECK(timings.ready == 200.0);
    CHECK(timings.cutover == 237.0);
    CHECK(timings.total == 237.0);
}

TEST_CASE("a configuration that can't be read is refused before anything is run") {
    Rehearsal r;
    r.start_serving();
    r.proxies.config_unreadable = true;
    const ReloadReport report = r.reload();
    CHECK(report.result == ReloadResult::rejected);
    CHECK(report.reason == "a.cfg: can't be read");
    CHECK_FALSE(report.to.has_value());
    CHECK(exit_code(report) == 10);
    CHECK(r.count("check 2") == 0);
    CHECK(r.serving() == 1);
}

TEST_CASE("a configuration that the check refuses starts nothing and touches nothing") {
    Rehearsal r;
    r.start_serving();
    FakeCheck check;
    check.passes = false;
    check.output = "[ALERT] : unknown keyword 'foo'\n";
    r.proxies.checks.push_back(check);
    const ReloadReport report = r.reload();
    CHECK(report.result == ReloadResult::rejected);
    CHECK(report.stage == "check");
    CHECK(report.reason == "the check says no");
    CHECK(report.proxy_output == check.output);
    CHECK(report.timings_ms.check == 5.0);
    CHECK_FALSE(report.timings_ms.ready.has_value());
    CHECK_FALSE(report.timings_ms.cutover.has_value());
    CHECK(exit_code(report) == 10);
    CHECK(r.count("start 2") == 0);
    CHECK(r.count("drain 1") == 0);
    CHECK(r.serving() == 1);
    CHECK(r.open_sockets() == 1);
}

TEST_CASE("a check that hangs is refused at its deadline") {
    Rehearsal r;
    r.config.check_timeout = 3s;
    r.start_serving();
    FakeCheck check;
    check.hangs = true;
    r.proxies.checks.push_back(check);
    const ReloadReport report = r.reload();
    CHECK(report.result == ReloadResult::rejected);
    CHECK(report.stage == "check");
    CHECK(report.timings_ms.total == 3000.0);
    CHECK(exit_code(report) == 10);
    CHECK(r.count("start 2") == 0);
    CHECK(r.serving() == 1);
}

TEST_CASE("a reload only if changed does nothing while the text is what serves") {
    Rehearsal r;
    r.start_serving();
    const ReloadReport same = r.reload(true);
    CHECK(same.result == ReloadResult::unchanged);
    CHECK(same.from == 1);
    CHECK(same.to == 1);
    CHECK(exit_code(same) == 0);
    CHECK(r.count("check 2") == 0);
    CHECK(r.serving() == 1);

    r.proxies.config = "two";
    CHECK(r.reload(true).result == ReloadResult::committed);
    CHECK(r.serving() == 2);
    CHECK(r.reload(true).result == ReloadResult::unchanged);
}

TEST_CASE("a reload without the wish goes through though nothing changed") {
    Rehearsal r;
    r.start_serving();
    CHECK(r.reload(false).result == ReloadResult::committed);
    CHECK(r.serving() == 2);
}

TEST_CASE("a refused text is not what serves, and is tried again") {
    Rehearsal r;
    r.start_serving();
    r.proxies.config = "two";
    FakeStart dies;
    dies.dies_after = 5ms;
    r.proxies.starts.push_back(dies);
    CHECK(r.reload(true).result == ReloadResult::rejected);
    CHECK(r.reload(true).result == ReloadResult::committed);
    CHECK(r.proxies.process(r.serving()).text == "two");
}

TEST_CASE("generation numbers are never used twice, not even those of refused candidates") {
    Rehearsal r;
    r.start_serving();
    FakeStart fails;
    fails.fails = true;
    r.proxies.starts.push_back(fails);
    CHECK(r.reload().result == ReloadResult::rejected);
    CHECK(r.reload().to == 3);
}
