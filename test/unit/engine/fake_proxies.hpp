// Scripted proxies: the tests' implementation of port/proxy. Nothing is started; what each start
// would do is written down beforehand, and what the engine asks for is written down as it happens.
// A fake listening socket owns a real descriptor, so that one that is forgotten shows.
#pragma once

#include "engine/manual_clock.hpp"
#include "port/latch.hpp"
#include "port/proxy.hpp"

#include <deque>
#include <map>

namespace reload {

using Inodes = std::vector<std::uint64_t>;

/// What one check does.
struct FakeCheck {
    bool passes = true;
    std::chrono::milliseconds takes{5};
    bool hangs = false;
    std::string output{};
};

/// What one started proxy does. As it stands: ready after 10 ms, then serves until told to leave.
struct FakeStart {
    bool fails = false;                       ///< it can't even be started
    std::chrono::milliseconds reads_after{2}; ///< reads its configuration
    std::chrono::milliseconds ready_after{10};
    bool never_ready = false;
    std::optional<std::chrono::milliseconds> dies_after{}; ///< since the start
    ExitStatus dies_with{1, 0};
    std::string output{}; ///< on standard error
    std::optional<std::chrono::milliseconds> channel_breaks_after{};
    std::optional<Inodes> listens{}; ///< else FakeProxies::listens
    std::chrono::milliseconds collect_takes{1};
    bool collect_fails = false;
    bool collect_hangs = false;
    bool dies_when_collected = false;
    std::uint64_t connections = 0;                   ///< while it serves
    std::chrono::milliseconds connection_lasts{100}; ///< draining, one leaves after the other
    bool ignores_drain = false;
    std::chrono::milliseconds hears_drain_after{0}; ///< it was busy when the signal came
    bool ignores_stop = false;
    bool silent_while_draining = false;  ///< answers nothing any more
    bool garbled_while_draining = false; ///< answers what nobody understands
};

/// A process that was "started".
struct FakeProcess {
    FakeProcess(const asio::any_io_executor& executor, FakeStart what)
        : script(std::move(what)), connections(script.connections), changed(executor),
          ended(executor) {}

    FakeStart script;
    GenerationId generation = 0;
    pid_t pid = 0;
    bool first = false;
    std::string text; ///< the configuration that it runs
    bool from_snapshot = false;
    Inodes handed;  ///< what it was given
    Inodes listens; ///< what it then listens on
    bool alive = true;
    bool ready = false;
    bool stopping = false;
    bool channel_open = true;
    unsigned questions = 0;   ///< under way on its admin channel
    unsigned collections = 0; ///< how often it was asked for its sockets
    std::uint64_t connections;
    ExitStatus status;
    Condition changed;
    Latch ended;
};
using FakeProcessPtr = std::shared_ptr<FakeProcess>;

class FakeProxies final : public Proxies {
public:
    FakeProxies(asio::any_io_executor executor, ManualClock& clock,
                std::function<void(std::string)> journal);

    // What is played.
    std::string config = "one"; ///< the text on disk
    bool config_unreadable = false;
    Inodes listens{101};                           ///< what a proxy listens on
    std::deque<FakeCheck> checks;                  ///< of the next checks; then they pass
    std::deque<FakeStart> starts;                  ///< of the next starts; then they go well
    std::map<std::string, std::string> holders;    ///< address to who holds it
    std::map<std::uint64_t, std::uint64_t> queues; ///< inode to who waits in its accept queue
    bool can_steer = true;
    unsigned fail_call = 0; ///< the number of the fallible call that fails, from 1; 0: none

    // What was seen.
    unsigned calls = 0; ///< fallible calls so far
    unsigned checks_running = 0;
    std::vector<FakeProcessPtr> processes; ///< every one that was started, in order

    [[nodiscard]] std::size_t alive() const;
    /// The process of a generation, which must have been started.
    [[nodiscard]] FakeProcess& process(GenerationId generation) const;
    /// The process of a generation ends by itself, now.
    void die(GenerationId generation, ExitStatus status);
    /// A listening socket that a proxy opened, or, with a name, that `--listen` asked for. Inodes
    /// that differ by a multiple of 1000 are at the same address.
    static ListeningSocket make_socket(std::uint64_t inode, std::string listen_name = {});

    Result<ConfigText> read_config() override;
    Awaitable<CheckOutcome> check(GenerationId generation, std::vector<ListeningSocketPtr> sockets,
                                  std::chrono::milliseconds deadline) override;
    Result<std::unique_ptr<Proxy>> start(const StartRequest& request) override;
    std::string holder_of(const std::string& address) override;
    std::optional<std::uint64_t> accept_queue(const ListeningSocket& socket) override;
    std::optional<std::uint64_t> resident_kib(pid_t pid) override;
    bool steer_to_latest(const ListeningSocket& member, unsigned before, unsigned fresh) override;
    void end_steering(const ListeningSocket& member) override;
    void retire(const ListeningSocket& socket) override;

private:
    friend class FakeProxy;

    /// Counts a fallible call; true if it is the one to fail.
    bool call_fails();
    static void end(FakeProcess& process, ExitStatus status);
    void later(const FakeProcessPtr& process, std::chrono::milliseconds delay,
               std::function<void(const FakeProcessPtr&)> act);
    void break_channel(const FakeProcessPtr& process);
    void end_soon(const FakeProcessPtr& process, ExitStatus status);
    void begin_to_drain(const FakeProcessPtr& process);
    void leave_if_done(const FakeProcessPtr& process);
    void play(const FakeProcessPtr& process);

    asio::any_io_executor executor_;
    ManualClock& clock_;
    std::function<void(std::string)> journal_;
};

} // namespace reload
