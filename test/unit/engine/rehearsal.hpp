// A whole supervisor against scripted ports and a clock that jumps to the next deadline when
// nothing else is runnable. Watches the promises while it runs, and that nothing is left at its
// end.
#pragma once

#include "dialect/haproxy.hpp"
#include "engine/fake_proxies.hpp"
#include "engine/supervision.hpp"

#include <boost/asio/io_context.hpp>

namespace reload {

/// Checks at its end that as many descriptors are open as at its beginning.
class NoDescriptorLeaks {
public:
    NoDescriptorLeaks();
    ~NoDescriptorLeaks();
    NoDescriptorLeaks(const NoDescriptorLeaks&) = delete;
    NoDescriptorLeaks& operator=(const NoDescriptorLeaks&) = delete;

    [[nodiscard]] static std::size_t open_descriptors();

private:
    std::size_t before_;
};

class Rehearsal {
    NoDescriptorLeaks leaks_; // first member: looks when all others are gone

public:
    explicit Rehearsal(StartLine line = {});
    /// Stops what still runs, at once, and checks that nothing is left.
    ~Rehearsal();
    Rehearsal(const Rehearsal&) = delete;
    Rehearsal& operator=(const Rehearsal&) = delete;

    // The play.
    void start();
    /// start(), and runs until a generation serves.
    void start_serving();
    /// Asks for a reload, and runs until it has ended.
    ReloadReport reload(bool if_changed = false);
    /// Runs until `fact`, at most ten simulated minutes; false if it did not come true.
    bool run_until(const std::function<bool()>& fact);
    void run_for(std::chrono::milliseconds time);
    bool run_until_exit();
    bool run_until_serving(GenerationId generation);
    Status status();
    CheckOutcome check();

    // The facts.
    [[nodiscard]] GenerationId serving() const { return supervision.serving(); }
    /// The phase of a generation as it was told last.
    [[nodiscard]] std::optional<Phase> phase(GenerationId generation) const;
    [[nodiscard]] Inodes held() const;
    /// Descriptors beyond those of the stage itself: one for each open listening socket.
    [[nodiscard]] std::size_t open_sockets() const;
    [[nodiscard]] double now_ms() const;
    /// How often, and where first, a line stands in the journal. Lines are "check 2", "start 2",
    /// "collect 2", "drain 1", "stop 1", "kill 1", "retire 101", "serving 2" and so on for each
    /// phase, "step ready", "result committed".
    [[nodiscard]] std::size_t count(std::string_view line) const;
    [[nodiscard]] std::size_t place(std::string_view line) const;
    /// Some notice has `text` in it.
    [[nodiscard]] bool noticed(std::string_view text) const;

private:
    template <class T>
    T result_of(Awaitable<T> work);
    void hear(const Event& event);
    void look_at_promises();
    [[nodiscard]] std::size_t candidates() const;

public:
    Config config;
    std::function<void(const Event&)> on_event;
    std::vector<Event> events;
    std::vector<std::string> journal;
    std::vector<std::string> broken; ///< promises that were not kept
    unsigned most_candidates = 0;
    unsigned told_serving = 0; ///< how often "the first generation serves" was told
    std::optional<Exit> exit;

    ManualClock clock;
    asio::io_context context;
    FakeProxies proxies;
    World world;
    Supervision supervision;

private:
    std::map<GenerationId, Phase> phases_;
    TimePoint began_;
    std::size_t descriptors_before_ = 0;
    bool started_ = false;
};

} // namespace reload
