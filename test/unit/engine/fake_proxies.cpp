#include "engine/fake_proxies.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/eventfd.h>

namespace reload {

using namespace std::chrono_literals;

namespace {

/// One more, for as long as it lives.
class Counted {
public:
    explicit Counted(unsigned& count) : count_(count) { ++count_; }
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

private:
    unsigned& count_;
};

} // namespace

/// The engine's handle of a fake process.
class FakeProxy final : public Proxy {
public:
    FakeProxy(FakeProxies& proxies, FakeProcessPtr process)
        : proxies_(proxies), process_(std::move(process)) {}

    [[nodiscard]] pid_t pid() const override { return process_->pid; }
    [[nodiscard]] bool alive() const override { return process_->alive; }
    void signal(int number) override;
    void kill() override;
    Awaitable<ExitStatus> exited() override;
    Awaitable<Result<ProxyReport>> report() override;
    Awaitable<Result<std::vector<ListeningSocket>>> collect_sockets() override;
    void close_admin() override;
    [[nodiscard]] std::string output() const override { return process_->script.output; }

private:
    FakeProxies& proxies_;
    FakeProcessPtr process_;
};

void FakeProxy::signal(int number) {
    if (!process_->alive)
        return;
    if (number == SIGUSR1) {
        proxies_.journal_(fmt::format("drain {}", process_->generation));
        proxies_.later(process_, process_->script.hears_drain_after,
                       [&all = proxies_](const FakeProcessPtr& one) { all.begin_to_drain(one); });
    } else if (number == SIGTERM) {
        proxies_.journal_(fmt::format("stop {}", process_->generation));
        if (!process_->script.ignores_stop)
            proxies_.end_soon(process_, ExitStatus{0, SIGTERM});
    } else {
        proxies_.journal_(fmt::format("signal {} {}", process_->generation, number));
    }
}

void FakeProxy::kill() {
    proxies_.journal_(fmt::format("kill {}", process_->generation));
    proxies_.end_soon(process_, ExitStatus{0, SIGKILL});
}

Awaitable<ExitStatus> FakeProxy::exited() {
    const FakeProcessPtr process = process_;
    co_await process->ended.wait();
    co_return process->status;
}

Awaitable<Result<ProxyReport>> FakeProxy::report() {
    const FakeProcessPtr process = process_;
    const Counted question(process->questions);
    if (proxies_.call_fails())
        proxies_.break_channel(process);
    const auto answers = [&process] {
        const bool silent = process->stopping && process->script.silent_while_draining;
        return !process->channel_open || (process->ready && !silent);
    };
    while (!answers())
        co_await process->changed.wait();
    if (!process->channel_open)
        co_return plain_error(Stage::ready, "admin channel", "closed");
    if (process->stopping && process->script.garbled_while_draining)
        co_return plain_error(Stage::ready, "admin channel", "the report can't be understood");
    ProxyReport report;
    report.pid = process->pid;
    report.connections = process->connections;
    report.stopping = process->stopping;
    co_return report;
}

Awaitable<Result<std::vector<ListeningSocket>>> FakeProxy::collect_sockets() {
    const FakeProcessPtr process = process_;
    const Counted question(process->questions);
    ++process->collections;
    proxies_.journal_(fmt::format("collect {}", process->generation));
    const bool fails = proxies_.call_fails() || process->script.collect_fails;
    co_await proxies_.clock_.sleep_for(process->script.collect_takes);
    if (process->script.dies_when_collected)
        FakeProxies::end(*process, process->script.dies_with);
    if (process->script.collect_hangs)
        co_await process->ended.wait();
    if (fails || !process->channel_open)
        co_return plain_error(Stage::ready, "listening sockets", "not told");
    std::vector<ListeningSocket> sockets;
    for (const std::uint64_t inode : process->listens)
        sockets.push_back(FakeProxies::make_socket(inode));
    co_return sockets;
}

void FakeProxy::close_admin() {
    proxies_.break_channel(process_);
}

FakeProxies::FakeProxies(asio::any_io_executor executor, ManualClock& clock,
                         std::function<void(std::string)> journal)
    : executor_(std::move(executor)), clock_(clock), journal_(std::move(journal)) {}

bool FakeProxies::call_fails() {
    return ++calls == fail_call;
}

std::size_t FakeProxies::alive() const {
    return static_cast<std::size_t>(
        std::count_if(processes.begin(), processes.end(),
                      [](const FakeProcessPtr& process) { return process->alive; }));
}

FakeProcess& FakeProxies::process(GenerationId generation) const {
    for (const FakeProcessPtr& process : processes)
        if (process->generation == generation)
            return *process;
    throw std::logic_error(fmt::format("generation {} was not started", generation));
}

void FakeProxies::die(GenerationId generation, ExitStatus status) {
    end(process(generation), status);
}

ListeningSocket FakeProxies::make_socket(std::uint64_t inode, std::string listen_name) {
    ListeningSocket socket;
    socket.fd.reset(::eventfd(0, EFD_CLOEXEC));
    socket.inode = inode;
    socket.address = fmt::format("127.0.0.1:{}", inode % 1000);
    socket.type = "tcp";
    socket.listen_name = std::move(listen_name);
    return socket;
}

Result<ConfigText> FakeProxies::read_config() {
    if (call_fails() || config_unreadable)
        return plain_error(Stage::snapshot, "a.cfg", "can't be read");
    ConfigText text;
    text.files.push_back(ConfigFile{"a.cfg", config});
    text.hash = hash_of(text.files);
    return text;
}

Awaitable<CheckOutcome> FakeProxies::check(GenerationId generation,
                                           std::vector<ListeningSocketPtr> sockets,
                                           std::chrono::milliseconds deadline) {
    const Counted counted(checks_running);
    const std::vector<ListeningSocketPtr> inherited = std::move(sockets);
    journal_(fmt::format("check {}", generation));
    FakeCheck script;
    if (!checks.empty()) {
        script = std::move(checks.front());
        checks.pop_front();
    }
    if (call_fails())
        script.passes = false;
    co_await clock_.sleep_for(script.hangs ? deadline : script.takes);
    CheckOutcome outcome;
    outcome.output = script.output;
    outcome.passed = script.passes && !script.hangs;
    if (script.hangs) {
        outcome.reason = "the check did not end";
    } else {
        outcome.exit = ExitStatus{script.passes ? 0 : 1, 0};
        outcome.reason = script.passes ? "" : "the check says no";
    }
    co_return outcome;
}

Result<std::unique_ptr<Proxy>> FakeProxies::start(const StartRequest& request) {
    journal_(fmt::format("start {}", request.generation));
    FakeStart script;
    if (!starts.empty()) {
        script = std::move(starts.front());
        starts.pop_front();
    }
    if (call_fails() || script.fails)
        return plain_error(Stage::start, "haproxy", "no such program");
    auto process = std::make_shared<FakeProcess>(executor_, std::move(script));
    process->generation = request.generation;
    process->pid = static_cast<pid_t>(1'000'000 + request.generation);
    process->first = request.first;
    process->from_snapshot = request.text != nullptr;
    if (process->from_snapshot)
        process->text = request.text->files.at(0).text;
    for (const ListeningSocketPtr& socket : request.sockets)
        process->handed.push_back(socket->inode);
    process->listens = process->script.listens.value_or(listens);
    processes.push_back(process);
    play(process);
    return std::unique_ptr<Proxy>(std::make_unique<FakeProxy>(*this, process));
}

std::string FakeProxies::holder_of(const std::string& address) {
    const auto found = holders.find(address);
    return found == holders.end() ? std::string() : found->second;
}

std::optional<std::uint64_t> FakeProxies::accept_queue(const ListeningSocket& socket) {
    const auto found = queues.find(socket.inode);
    return found == queues.end() ? 0 : found->second;
}

std::optional<std::uint64_t> FakeProxies::resident_kib(pid_t pid) {
    return static_cast<std::uint64_t>(pid) % 1000;
}

bool FakeProxies::steer_to_latest(const ListeningSocket& member, unsigned before, unsigned fresh) {
    journal_(fmt::format("steer {} before={} fresh={}", member.inode, before, fresh));
    return can_steer;
}

void FakeProxies::end_steering(const ListeningSocket& member) {
    journal_(fmt::format("unsteer {}", member.inode));
}

void FakeProxies::retire(const ListeningSocket& socket) {
    journal_(fmt::format("retire {}", socket.inode));
}

/// Later, if the process is still known then: the clock outlives the processes.
void FakeProxies::later(const FakeProcessPtr& process, std::chrono::milliseconds delay,
                        std::function<void(const FakeProcessPtr&)> act) {
    const std::weak_ptr<FakeProcess> known = process;
    clock_.after(delay, [known, act = std::move(act)] {
        if (const FakeProcessPtr still = known.lock())
            act(still);
    });
}

void FakeProxies::play(const FakeProcessPtr& process) {
    const FakeStart& script = process->script;
    if (!process->from_snapshot)
        later(process, script.reads_after,
              [this](const FakeProcessPtr& one) { one->text = config; });
    if (!script.never_ready)
        later(process, script.ready_after, [](const FakeProcessPtr& one) {
            one->ready = true;
            one->changed.notify_all();
        });
    if (script.dies_after)
        later(process, *script.dies_after,
              [](const FakeProcessPtr& one) { end(*one, one->script.dies_with); });
    if (script.channel_breaks_after)
        later(process, *script.channel_breaks_after,
              [this](const FakeProcessPtr& one) { break_channel(one); });
}

void FakeProxies::end(FakeProcess& process, ExitStatus status) {
    if (!process.alive)
        return;
    process.alive = false;
    process.channel_open = false;
    process.status = status;
    process.ended.set();
    process.changed.notify_all();
}

void FakeProxies::end_soon(const FakeProcessPtr& process, ExitStatus status) {
    later(process, 1ms, [status](const FakeProcessPtr& one) { end(*one, status); });
}

void FakeProxies::break_channel(const FakeProcessPtr& process) {
    process->channel_open = false;
    process->changed.notify_all();
    leave_if_done(process);
}

void FakeProxies::begin_to_drain(const FakeProcessPtr& process) {
    if (process->script.ignores_drain || process->stopping)
        return;
    process->stopping = true;
    for (std::uint64_t i = 1; i <= process->connections; ++i)
        later(process, process->script.connection_lasts * i, [this](const FakeProcessPtr& one) {
            --one->connections;
            leave_if_done(one);
        });
    leave_if_done(process);
}

void FakeProxies::leave_if_done(const FakeProcessPtr& process) {
    // As HAProxy does: an open connection to its admin channel keeps it alive.
    const bool held_up = process->channel_open && !process->script.silent_while_draining;
    if (process->stopping && process->connections == 0 && !held_up)
        end_soon(process, ExitStatus{});
}

} // namespace reload
