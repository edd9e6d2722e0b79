// One real proxy: its process, its admin channel, the hand-over it asks for, its words.
#pragma once

#include "os/admin_channel.hpp"
#include "os/output_pipe.hpp"
#include "os/spawn.hpp"
#include "port/latch.hpp"
#include "port/proxy.hpp"

namespace reload {

/// What is shared with the reaper, which may hear of the end after the proxy's owner let go.
struct ProcessEnd {
    explicit ProcessEnd(const asio::any_io_executor& executor) : ended(executor) {}
    Latch ended;
    ExitStatus status;
};

class ProxyProcess final : public Proxy {
public:
    /// `pid` was just spawned. `handover` may be null; it is closed with this object.
    ProxyProcess(const asio::any_io_executor& executor, const Dialect& dialect, Reaper& reaper,
                 pid_t pid, UniqueFd admin, std::shared_ptr<OutputPipe> output,
                 std::shared_ptr<WaitableFd> handover);
    ~ProxyProcess() override;

    [[nodiscard]] pid_t pid() const override { return pid_; }
    [[nodiscard]] bool alive() const override { return !end_->ended.is_set(); }
    void signal(int number) override;
    void kill() override;
    Awaitable<ExitStatus> exited() override;
    Awaitable<Result<ProxyReport>> report() override;
    Awaitable<Result<std::vector<ListeningSocket>>> collect_sockets() override;
    void close_admin() override { admin_->close(); }
    [[nodiscard]] std::string output() const override { return output_->tail(); }

private:
    const Dialect& dialect_;
    pid_t pid_;
    std::shared_ptr<AdminChannel> admin_;
    std::shared_ptr<OutputPipe> output_;
    std::shared_ptr<WaitableFd> handover_;
    std::shared_ptr<ProcessEnd> end_;
};

} // namespace reload
