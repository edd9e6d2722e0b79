// Owns the format of the failure file.
#include "failure_log.hpp"

#include <fmt/format.h>

namespace load {

bool FailureLog::open(const std::string& path) {
    file_.reset(std::fopen(path.c_str(), "we"));
    return file_ != nullptr;
}

void FailureLog::write(Duration since_start, Kind kind, const Failure& failure,
                       std::string_view target) {
    if (!file_ || lines_ >= max_lines)
        return;
    ++lines_;
    fmt::print(file_.get(), "{:.3f}\t{}\t{}\t{}\t{}\n", as_ms(since_start),
               name_of(failure.failure_class), name_of(kind), target, failure.text);
}

} // namespace load
