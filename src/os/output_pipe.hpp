// Collects what a child writes, keeps its last part, and may pass it on as it comes.
#pragma once

#include "os/descriptor.hpp"

#include <memory>
#include <string>

namespace reload {

class OutputPipe : public std::enable_shared_from_this<OutputPipe> {
public:
    enum class Passing { keep_only, pass_on };

    /// `write_end` gets the end for the child. Reading starts with start().
    static Result<std::shared_ptr<OutputPipe>> make(const asio::any_io_executor& executor,
                                                    Passing passing, UniqueFd& write_end);

    OutputPipe(const asio::any_io_executor& executor, UniqueFd read_end, Passing passing);

    /// Reads until every holder of the write end is gone, or stop().
    void start();
    void stop();
    /// Takes what waits in the pipe now: what a process that just ended said last.
    void take_rest();
    /// The last part of what came, including what waits in the pipe now, as printable text.
    [[nodiscard]] std::string tail();

private:
    /// Takes what is there; false at the end.
    bool take();
    static Awaitable<void> read(std::shared_ptr<OutputPipe> self);

    asio::any_io_executor executor_;
    WaitableFd read_end_;
    Passing passing_;
    std::string tail_;
};

} // namespace reload
