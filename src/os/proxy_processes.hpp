// The Proxies port on Linux: checks and starts the real binary.
#pragma once

#include "model/dialect.hpp"
#include "os/spawn.hpp"
#include "port/clock.hpp"
#include "port/proxy.hpp"

namespace reload {

/// What is the same in every check and start of an instance.
struct ProxyCommand {
    const Dialect& dialect;
    std::string program; ///< absolute path
    StartLine line;
    std::vector<std::string> environment; ///< the caller's
};

class ProxyProcesses final : public Proxies {
public:
    ProxyProcesses(asio::any_io_executor executor, Clock& clock, Reaper& reaper,
                   ProxyCommand command);

    Result<ConfigText> read_config() override;
    Awaitable<CheckOutcome> check(GenerationId generation, std::vector<ListeningSocketPtr> sockets,
                                  std::chrono::milliseconds deadline) override;
    Result<std::unique_ptr<Proxy>> start(const StartRequest& request) override;
    [[nodiscard]] std::string holder_of(const std::string& address) override;
    [[nodiscard]] std::optional<std::uint64_t> accept_queue(const ListeningSocket& socket) override;
    [[nodiscard]] std::optional<std::uint64_t> resident_kib(pid_t pid) override;
    [[nodiscard]] bool steer_to_latest(const ListeningSocket& member, unsigned before,
                                       unsigned fresh) override;
    void end_steering(const ListeningSocket& member) override;
    void retire(const ListeningSocket& socket) override;

private:
    /// Program, environment and, of `sockets`, those of `--listen`, which are inherited by number;
    /// arguments are left to the caller.
    [[nodiscard]] SpawnPlan plan_for(GenerationId generation,
                                     const std::vector<ListeningSocketPtr>& sockets) const;

    asio::any_io_executor executor_;
    Clock& clock_;
    Reaper& reaper_;
    ProxyCommand command_;
};

} // namespace reload
