#include <reload/error.hpp>
#include <reload/event.hpp>
#include <reload/status.hpp>

#include "port/proxy.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <csignal>
#include <set>

using namespace reload;

TEST_CASE("every phase has the one word by which it is known everywhere") {
    CHECK(word(Phase::starting) == "starting");
    CHECK(word(Phase::ready) == "ready");
    CHECK(word(Phase::serving) == "serving");
    CHECK(word(Phase::draining) == "draining");
    CHECK(word(Phase::gone) == "gone");
    CHECK(word(Phase::failed) == "failed");
}

TEST_CASE("every result of a reload has its word") {
    CHECK(word(ReloadResult::committed) == "committed");
    CHECK(word(ReloadResult::rejected) == "rejected");
    CHECK(word(ReloadResult::unchanged) == "unchanged");
}

TEST_CASE("no two stages share a word") {
    std::set<std::string_view> words;
    for (const Stage stage : {Stage::options, Stage::runtime, Stage::control, Stage::snapshot,
                              Stage::check, Stage::start, Stage::ready, Stage::commit, Stage::stop})
        words.insert(word(stage));
    CHECK(words.size() == 9);
    CHECK(words.count("unknown") == 0);
    CHECK(words.count("check") == 1);
    CHECK(words.count("start") == 1);
    CHECK(words.count("ready") == 1);
    CHECK(words.count("commit") == 1);
}

TEST_CASE("an error is one line that says what, why and the kernel's reason") {
    const std::error_code busy(EADDRINUSE, std::system_category());
    CHECK(to_line(Error{Stage::start, "bind 127.0.0.1:80", busy, {}}) ==
          "bind 127.0.0.1:80: Address already in use");
    CHECK(to_line(Error{Stage::start, "bind", busy, "held by nginx"}) ==
          "bind: held by nginx: Address already in use");
    CHECK(to_line(plain_error(Stage::options, "--name", "expected a name")) ==
          "--name: expected a name");
    CHECK(to_line(Error{Stage::start, {}, busy, {}}) == "Address already in use");
    CHECK(to_line(Error{Stage::start, {}, {}, "why"}) == "why");
}

TEST_CASE("an errno becomes the cause of an error") {
    errno = ENOENT;
    const Error error = errno_error(Stage::snapshot, "a.cfg");
    CHECK(error.stage == Stage::snapshot);
    CHECK(error.code == std::errc::no_such_file_or_directory);
    CHECK(to_line(error) == "a.cfg: No such file or directory");
}

TEST_CASE("the value of an error is a bug that says the error's line") {
    const Result<int> failed = plain_error(Stage::start, "x", "broke");
    CHECK_THROWS_WITH(failed.value(), "x: broke");
}

TEST_CASE("an exit is told by its code or by the signal that killed") {
    CHECK(to_string(ExitStatus{0, 0}) == "exit code 0");
    CHECK(to_string(ExitStatus{1, 0}) == "exit code 1");
    CHECK(to_string(ExitStatus{0, SIGKILL}) == "killed by signal 9 (Killed)");
    CHECK(ExitStatus{0, 0}.success());
    CHECK_FALSE(ExitStatus{1, 0}.success());
    CHECK_FALSE(ExitStatus{0, SIGKILL}.success());
}

TEST_CASE("a reload's exit code says whether it committed, and else which step stopped it") {
    ReloadReport report;
    report.result = ReloadResult::committed;
    report.stage = "commit";
    CHECK(exit_code(report) == 0);
    report.result = ReloadResult::unchanged;
    report.stage = "check";
    CHECK(exit_code(report) == 0);
    report.result = ReloadResult::rejected;
    CHECK(exit_code(report) == 10);
    report.stage = "start";
    CHECK(exit_code(report) == 11);
    report.stage = "ready";
    CHECK(exit_code(report) == 11);
    report.stage = "stop";
    CHECK(exit_code(report) == 1);
    report.stage.clear();
    CHECK(exit_code(report) == 1);
}

TEST_CASE("a change of phase is one line with generation, phase and process") {
    CHECK(to_line(Event(PhaseChanged{7, Phase::serving, 4242, {}})) ==
          "generation=7 phase=serving pid=4242");
    CHECK(to_line(Event(PhaseChanged{7, Phase::gone, 4242, "exit code 0"})) ==
          "generation=7 phase=gone pid=4242 exit code 0");
    CHECK(to_line(Event(PhaseChanged{8, Phase::failed, 0, "no memory"})) ==
          "generation=8 phase=failed no memory");
}

TEST_CASE("a step is one line with its reload and the time since the request") {
    CHECK(to_line(Event(StepDone{3, "check", {}, 21.34})) == "reload=3 step=check at=21.3ms");
    CHECK(to_line(Event(StepDone{3, "ready", "generation=4 pid=5", 1500})) ==
          "reload=3 step=ready at=1.5s generation=4 pid=5");
}

TEST_CASE("the end of a reload is one line with result, stage and generations") {
    ReloadReport report;
    report.id = 3;
    report.result = ReloadResult::committed;
    report.stage = "commit";
    report.from = 1;
    report.to = 2;
    report.timings_ms.total = 30;
    CHECK(to_line(Event(ReloadDone{report})) ==
          "reload=3 result=committed stage=commit from=1 to=2 took=30.0ms");

    report.result = ReloadResult::rejected;
    report.stage = "check";
    report.to.reset();
    report.timings_ms.total.reset();
    report.reason = "unknown keyword 'foo'";
    CHECK(to_line(Event(ReloadDone{report})) ==
          "reload=3 result=rejected stage=check from=1: unknown keyword 'foo'");
}

TEST_CASE("what an operator must act on is logged louder than what goes as planned") {
    ReloadReport report;
    report.result = ReloadResult::committed;
    CHECK(level_of(ReloadDone{report}) == LogLevel::info);
    report.result = ReloadResult::rejected;
    CHECK(level_of(ReloadDone{report}) == LogLevel::error);
    CHECK(level_of(PhaseChanged{1, Phase::serving, 1, {}}) == LogLevel::info);
    CHECK(level_of(PhaseChanged{1, Phase::failed, 1, {}}) == LogLevel::warning);
    CHECK(level_of(StepDone{}) == LogLevel::debug);
    CHECK(level_of(Notice{LogLevel::warning, "x"}) == LogLevel::warning);
    CHECK(to_line(Event(Notice{LogLevel::warning, "x y"})) == "x y");
}
