// Owns the recording of outcomes.
#include "recorder.hpp"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

namespace load {

void Recorder::ok(Kind kind, const Connection& connection, const HttpResponse& response) {
    const TimePoint now = Clock::now();
    statistics_.count_ok(kind, connection.due().at, now);
    if (!response.served_by().empty())
        statistics_.count_served_by(response.served_by(), now);
    if (!ready_file_.empty())
        create_ready_file();
}

void Recorder::failed(Kind kind, const Endpoint& endpoint, const Failure& failure) {
    const TimePoint now = Clock::now();
    statistics_.count_failure(kind, failure.failure_class, now);
    failures_.write(now - statistics_.start, kind, failure, endpoint.target.text);
}

void Recorder::create_ready_file() {
    constexpr mode_t everybody_reads = 0644;
    const UniqueFd file(
        ::open(ready_file_.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, everybody_reads));
    if (!file) // somebody waits for this file: better to die than to let them wait in vain
        throw std::system_error(errno, std::generic_category(), "--ready-file " + ready_file_);
    ready_file_.clear();
}

} // namespace load
