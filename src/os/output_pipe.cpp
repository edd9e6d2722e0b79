#include "os/output_pipe.hpp"

#include "model/printable.hpp"
#include "os/standard_error.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace reload {
namespace {

/// Enough for every alert of a failed start; the beginning goes first.
constexpr std::size_t longest_tail = std::size_t{16} << 10;

} // namespace

Result<std::shared_ptr<OutputPipe>> OutputPipe::make(const asio::any_io_executor& executor,
                                                     Passing passing, UniqueFd& write_end) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return errno_error(Stage::start, "pipe");
    write_end.reset(ends[1]);
    return std::make_shared<OutputPipe>(executor, UniqueFd(ends[0]), passing);
}

OutputPipe::OutputPipe(const asio::any_io_executor& executor, UniqueFd read_end, Passing passing)
    : executor_(executor), read_end_(executor, std::move(read_end)), passing_(passing) {}

void OutputPipe::start() {
    asio::co_spawn(executor_, read(shared_from_this()), asio::detached);
}

void OutputPipe::stop() {
    read_end_.close();
}

Awaitable<void> OutputPipe::read(std::shared_ptr<OutputPipe> self) {
    for (;;) {
        const bool open = co_await self->read_end_.readable();
        if (!open || !self->take())
            break;
    }
    self->stop();
}

bool OutputPipe::take() {
    std::array<char, 4096> part{};
    for (;;) {
        if (!read_end_.is_open())
            return false;
        const ssize_t size = ::read(read_end_.get(), part.data(), part.size());
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return size < 0 && errno == EAGAIN;
        const std::string_view text(part.data(), static_cast<std::size_t>(size));
        if (passing_ == Passing::pass_on)
            write_standard_error(text);
        tail_ += text;
        if (tail_.size() > longest_tail)
            tail_.erase(0, tail_.size() - longest_tail);
    }
}

void OutputPipe::take_rest() {
    take();
}

std::string OutputPipe::tail() {
    take();
    return printable(tail_);
}

} // namespace reload
