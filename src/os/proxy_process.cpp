#include "os/proxy_process.hpp"

#include <csignal>

namespace reload {

ProxyProcess::ProxyProcess(const asio::any_io_executor& executor, const Dialect& dialect,
                           Reaper& reaper, pid_t pid, UniqueFd admin,
                           std::shared_ptr<OutputPipe> output, std::shared_ptr<WaitableFd> handover)
    : dialect_(dialect), pid_(pid),
      admin_(std::make_shared<AdminChannel>(executor, std::move(admin))),
      output_(std::move(output)), handover_(std::move(handover)),
      end_(std::make_shared<ProcessEnd>(executor)) {
    reaper.watch(pid, [end = end_, output_pipe = output_, channel = admin_](ExitStatus status) {
        output_pipe->take_rest();
        channel->close(); // a child of it may hold the far end open
        end->status = status;
        end->ended.set();
    });
}

ProxyProcess::~ProxyProcess() {
    if (handover_)
        handover_->close();
}

void ProxyProcess::signal(int number) {
    if (alive()) // until it is reaped, by us alone, its number can't mean another process
        ::kill(pid_, number);
}

void ProxyProcess::kill() {
    if (alive())
        kill_with_group(pid_);
}

Awaitable<ExitStatus> ProxyProcess::exited() {
    const std::shared_ptr<ProcessEnd> end = end_;
    co_await end->ended.wait();
    co_return end->status;
}

Awaitable<Result<ProxyReport>> ProxyProcess::report() {
    Result<std::string> reply = co_await admin_->ask(dialect_.report_request);
    if (!reply)
        co_return reply.error();
    const auto report = dialect_.parse_report(*reply);
    if (!report)
        co_return plain_error(Stage::ready, "admin channel", "the report can't be understood");
    co_return *report;
}

Awaitable<Result<std::vector<ListeningSocket>>> ProxyProcess::collect_sockets() {
    if (handover_)
        handover_->close(); // it is ready: it has asked, or never will
    return admin_->collect_sockets();
}

} // namespace reload
