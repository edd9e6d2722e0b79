#include "engine/reload.hpp"

#include "engine/bring_up.hpp"
#include "engine/drain.hpp"
#include "engine/take_over.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>
#include <sstream>

namespace reload {
namespace {

/// Keeps the report up to date while the story goes on.
class Telling {
public:
    Telling(World& world, const ReloadRequest& request,
            std::function<void(const StepDone&)> on_step)
        : world_(world), requested_(request.requested), on_step_(std::move(on_step)) {
        report.id = request.id;
        report.from = world.serving ? world.serving->id : 0;
        report.stage = word(Stage::check);
    }

    double step(std::string name, std::string detail = {}) {
        const double at = milliseconds_between(requested_, world_.clock.now());
        const StepDone done{report.id, std::move(name), std::move(detail), at};
        world_.events(done);
        on_step_(done);
        return at;
    }

    ReloadOutcome finish(ReloadResult result, std::string reason = {}, std::string output = {},
                         std::optional<ExitStatus> exit = {}) {
        if (result != ReloadResult::committed) // a recovery may have gone on meanwhile
            report.from = world_.serving ? world_.serving->id : 0;
        report.result = result;
        report.reason = std::move(reason);
        report.proxy_output = std::move(output);
        report.timings_ms.total = milliseconds_between(requested_, world_.clock.now());
        world_.events(ReloadDone{report});
        return ReloadOutcome{report, exit, nullptr};
    }

    ReloadReport report;

private:
    World& world_;
    TimePoint requested_;
    std::function<void(const StepDone&)> on_step_;
};

/// A checker's words reach nobody else: what it complains of, and its warnings, belong in the log.
void tell_words(const World& world, const CheckOutcome& checked) {
    std::istringstream lines(checked.output);
    for (std::string line; std::getline(lines, line);)
        world.notice(checked.passed ? LogLevel::debug : LogLevel::error, "check: " + line);
}

} // namespace

Awaitable<ReloadOutcome> reload_once(World& world, ReloadRequest request,
                                     std::function<void(const StepDone&)> on_step) {
    using namespace asio::experimental::awaitable_operators;
    Telling telling(world, request, std::move(on_step));
    ReloadReport& report = telling.report;

    // Step 2: read the configuration once; this text is what the new generation will be known by.
    auto text_read = world.proxies.read_config();
    if (!text_read)
        co_return telling.finish(ReloadResult::rejected, to_line(text_read.error()));
    auto text = std::make_shared<const ConfigText>(std::move(*text_read));
    telling.step("requested", fmt::format("config={}", text->hash.substr(0, 12)));
    if (request.if_changed && world.serving && world.serving->text->hash == text->hash) {
        report.to = world.serving->id;
        co_return telling.finish(ReloadResult::unchanged, "the configuration text is what serves");
    }

    // Step 3: the proxy's own checker.
    const TimePoint check_began = world.clock.now();
    auto check_outcome = co_await (
        world.proxies.check(world.last_generation + 1, world.held, world.config.check_timeout) ||
        world.stop.wait());
    report.timings_ms.check = milliseconds_between(check_began, world.clock.now());
    if (check_outcome.index() == 1) {
        report.stage = word(Stage::stop);
        co_return telling.finish(ReloadResult::rejected, "asked to stop");
    }
    const CheckOutcome& checked = std::get<0>(check_outcome);
    tell_words(world, checked);
    if (!checked.passed)
        co_return telling.finish(ReloadResult::rejected, checked.reason, checked.output,
                                 checked.exit);
    telling.step("check");

    // Steps 4 and 5: start the candidate with our sockets, wait until it has answered.
    const TimePoint start_began = world.clock.now();
    std::shared_ptr<Latch> called_off; // nobody calls a reload off but a stop
    BringUp up = co_await bring_up(world, text, TextSource::disk, called_off);
    report.stage = word(up.generation ? Stage::ready : up.failure.stage);
    report.timings_ms.ready = milliseconds_between(start_began, world.clock.now());
    if (!up.generation)
        co_return telling.finish(ReloadResult::rejected, up.failure.reason, up.failure.output,
                                 up.failure.exit);
    GenerationPtr candidate = up.generation;
    telling.step("ready",
                 fmt::format("generation={} pid={}", candidate->id, candidate->serving_pid));

    // The candidate read the files itself: what runs is only known if they stayed what we read.
    if (!still_on_disk(world, *text)) {
        const std::string reason = changed_while_loaded;
        co_await put_down(world, candidate, reason);
        co_return telling.finish(ReloadResult::rejected, reason);
    }

    // Step 6: adopt what the candidate opened itself.
    auto take_over = co_await prepare_take_over(world, candidate);
    if (!take_over || world.stop.is_set() || !candidate->proxy->alive()) {
        std::string reason = !take_over            ? to_line(take_over.error())
                             : world.stop.is_set() ? "asked to stop"
                                                   : "the candidate died";
        std::string output = candidate->proxy->output();
        std::optional<ExitStatus> ended;
        if (!candidate->proxy->alive())
            ended = co_await candidate->proxy->exited();
        if (world.stop.is_set())
            report.stage = word(Stage::stop);
        co_await put_down(world, candidate, reason);
        co_return telling.finish(ReloadResult::rejected, reason, output, ended);
    }
    telling.step("adopt", fmt::format("kept={} adopted={} closing={}", take_over->kept.size(),
                                      take_over->adopted.size(), take_over->closing.size()));

    // Steps 7 and 8, pausing the old one and probation, have their place here.

    // ---- commit: nothing below may fail or suspend ----
    report.from = world.serving ? world.serving->id : report.from;
    GenerationPtr before = make_serving(world, candidate, std::move(*take_over));
    world.young_deaths = 0; // what the text before did is no fault of this one
    if (before)
        retire(world, before);
    report.timings_ms.cutover = telling.step("cutover");
    bound_draining(world);
    report.stage = word(Stage::commit);
    report.to = candidate->id;
    ReloadOutcome outcome = telling.finish(ReloadResult::committed);
    outcome.retired = std::move(before);
    co_return outcome;
}

} // namespace reload
