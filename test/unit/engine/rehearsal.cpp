#include "engine/rehearsal.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <filesystem>
#include <fmt/format.h>

namespace reload {

using namespace std::chrono_literals;

std::size_t NoDescriptorLeaks::open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

NoDescriptorLeaks::NoDescriptorLeaks() : before_(open_descriptors()) {}

NoDescriptorLeaks::~NoDescriptorLeaks() {
    CHECK(open_descriptors() == before_);
}

Rehearsal::Rehearsal(StartLine line)
    : proxies(context.get_executor(), clock,
              [this](std::string said) { journal.push_back(std::move(said)); }),
      world(context.get_executor(), config, haproxy_dialect(), proxies, clock,
            [this](const Event& event) { hear(event); }),
      supervision(world, std::move(line)), began_(clock.now()) {
    config.name = "rehearsal";
    descriptors_before_ = NoDescriptorLeaks::open_descriptors();
}

Rehearsal::~Rehearsal() {
    on_event = nullptr;
    if (started_ && !exit) {
        proxies.fail_call = 0;
        supervision.stop(StopMode::now);
        CHECK(run_until_exit());
    }
    CHECK(broken == std::vector<std::string>{});
    if (started_) {
        CHECK(proxies.alive() == 0);
        CHECK(proxies.checks_running == 0);
        CHECK(world.generations.empty());
        CHECK(world.tasks.running() == 0);
        CHECK(held() == Inodes{});
        CHECK(open_sockets() == 0);
    }
}

void Rehearsal::start() {
    started_ = true;
    std::function<void()> on_serving = [this] {
        ++told_serving;
    };
    asio::co_spawn(context, supervision.run(std::move(on_serving)),
                   [this](const std::exception_ptr& problem, Exit how) {
                       if (problem)
                           std::rethrow_exception(problem);
                       exit = how;
                   });
}

void Rehearsal::start_serving() {
    start();
    REQUIRE(run_until([this] { return told_serving > 0; }));
}

ReloadReport Rehearsal::reload(bool if_changed) {
    const ReloadRunPtr run = supervision.queue().request(if_changed);
    REQUIRE(run_until([&run] { return run->outcome.has_value(); }));
    return run->outcome->report;
}

bool Rehearsal::run_until(const std::function<bool()>& fact) {
    const TimePoint deadline = clock.now() + 10min;
    for (;;) {
        context.restart();
        while (context.poll_one() > 0)
            look_at_promises();
        if (fact())
            return true;
        const auto next = clock.next();
        if (!next || *next > deadline)
            return false;
        clock.move_to(*next);
    }
}

void Rehearsal::run_for(std::chrono::milliseconds time) {
    const TimePoint end = clock.now() + time;
    clock.after(time, [] {});
    run_until([this, end] { return clock.now() >= end; });
}

bool Rehearsal::run_until_exit() {
    return run_until([this] { return exit.has_value(); });
}

bool Rehearsal::run_until_serving(GenerationId generation) {
    return run_until([this, generation] { return serving() == generation; });
}

template <class T>
T Rehearsal::result_of(Awaitable<T> work) {
    std::optional<T> result;
    asio::co_spawn(context, std::move(work), [&result](const std::exception_ptr& problem, T value) {
        if (problem)
            std::rethrow_exception(problem);
        result = std::move(value);
    });
    REQUIRE(run_until([&result] { return result.has_value(); }));
    return std::move(*result);
}

Status Rehearsal::status() {
    return result_of(supervision.status());
}

CheckOutcome Rehearsal::check() {
    return result_of(supervision.checks().check());
}

std::optional<Phase> Rehearsal::phase(GenerationId generation) const {
    const auto found = phases_.find(generation);
    return found == phases_.end() ? std::nullopt : std::optional(found->second);
}

Inodes Rehearsal::held() const {
    Inodes inodes;
    for (const ListeningSocketPtr& socket : world.held)
        inodes.push_back(socket->inode);
    return inodes;
}

std::size_t Rehearsal::open_sockets() const {
    return NoDescriptorLeaks::open_descriptors() - descriptors_before_;
}

double Rehearsal::now_ms() const {
    return milliseconds_between(began_, clock.now());
}

std::size_t Rehearsal::count(std::string_view line) const {
    return static_cast<std::size_t>(std::count(journal.begin(), journal.end(), line));
}

std::size_t Rehearsal::place(std::string_view line) const {
    const auto found = std::find(journal.begin(), journal.end(), line);
    if (found == journal.end())
        FAIL("the journal does not say: " << line);
    return static_cast<std::size_t>(found - journal.begin());
}

bool Rehearsal::noticed(std::string_view text) const {
    return std::any_of(events.begin(), events.end(), [text](const Event& event) {
        const auto* notice = std::get_if<Notice>(&event);
        return notice != nullptr && notice->text.find(text) != std::string::npos;
    });
}

void Rehearsal::hear(const Event& event) {
    events.push_back(event);
    if (const auto* change = std::get_if<PhaseChanged>(&event)) {
        phases_[change->generation] = change->phase;
        journal.push_back(fmt::format("{} {}", word(change->phase), change->generation));
    } else if (const auto* step = std::get_if<StepDone>(&event)) {
        journal.push_back("step " + step->step);
    } else if (const auto* done = std::get_if<ReloadDone>(&event)) {
        journal.push_back(fmt::format("result {}", word(done->report.result)));
    }
    if (on_event)
        on_event(event);
}

std::size_t Rehearsal::candidates() const {
    return static_cast<std::size_t>(std::count_if(
        world.generations.begin(), world.generations.end(), [](const GenerationPtr& one) {
            return one->phase == Phase::starting || one->phase == Phase::ready;
        }));
}

/// Looked at after every single step of any coroutine.
void Rehearsal::look_at_promises() {
    const auto say = [this](std::string what) {
        if (broken.empty() || broken.back() != what)
            broken.push_back(std::move(what));
    };
    most_candidates = std::max(most_candidates, static_cast<unsigned>(candidates()));
    for (const FakeProcessPtr& process : proxies.processes) {
        if (process->questions > 1)
            say(fmt::format("generation {} is asked twice at once", process->generation));
        if (process->collections > 1)
            say(fmt::format("generation {} is asked for its sockets twice", process->generation));
    }
    if (world.stop.is_set())
        return;
    for (const FakeProcessPtr& process : proxies.processes) {
        const auto now = phase(process->generation);
        const bool needs_sockets = process->alive && now == Phase::serving;
        if (!needs_sockets)
            continue;
        if (process->generation != serving())
            say(fmt::format("generation {} is alive and committed, but {} serves",
                            process->generation, serving()));
        const Inodes open = held();
        for (const std::uint64_t inode : process->listens)
            if (std::find(open.begin(), open.end(), inode) == open.end())
                say(fmt::format("socket {} is not held though generation {} listens on it", inode,
                                process->generation));
    }
}

} // namespace reload
