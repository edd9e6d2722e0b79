// Owns what happens with an outcome: numbers, failure file, ready file.
#pragma once

#include "connection.hpp"
#include "failure_log.hpp"
#include "statistics.hpp"

#include <string>
#include <utility>

namespace load {

class Recorder {
public:
    Recorder(TimePoint start, FailureLog failures, std::string ready_file)
        : statistics_(start), failures_(std::move(failures)), ready_file_(std::move(ready_file)) {}

    Statistics& statistics() { return statistics_; }

    void ok(Kind kind, const Connection& connection, const HttpResponse& response);
    void failed(Kind kind, const Endpoint& endpoint, const Failure& failure);

private:
    void create_ready_file();

    Statistics statistics_;
    FailureLog failures_;
    std::string ready_file_; ///< empty once created
};

} // namespace load
