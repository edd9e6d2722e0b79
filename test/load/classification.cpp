// Owns the tables behind the verdicts.
#include "classification.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace load {

std::string_view name_of(FailureClass failure_class) {
    switch (failure_class) {
    case FailureClass::refused:
        return "refused";
    case FailureClass::reset:
        return "reset";
    case FailureClass::timeout:
        return "timeout";
    case FailureClass::cut_short:
        return "cut_short";
    case FailureClass::wrong_answer:
        return "wrong_answer";
    case FailureClass::other:
        return "other";
    }
    return "?";
}

std::string_view name_of(Kind kind) {
    return kind == Kind::keepalive ? "keepalive" : "new";
}

Failure failure_of_errno(int error) {
    const auto failure_class = [error] {
        switch (error) {
        case ECONNREFUSED:
        case ENOENT: // the path of a Unix socket is gone: nobody listens there
            return FailureClass::refused;
        case ECONNRESET:
        case EPIPE:
            return FailureClass::reset;
        case ETIMEDOUT:
            return FailureClass::timeout;
        default:
            return FailureClass::other;
        }
    }();
    return Failure{failure_class, std::generic_category().message(error)};
}

Failure client_too_late() {
    return Failure{FailureClass::other, "the load client itself was too late"};
}

std::optional<Failure> judge(const HttpResponse& response, HttpResponse::Progress progress) {
    // An answer that is already known to be wrong stays wrong when it is cut short as well.
    if (response.status() != 0 && response.status() != 200)
        return Failure{FailureClass::wrong_answer, fmt::format("status {}", response.status())};
    switch (progress) {
    case HttpResponse::Progress::malformed:
        return Failure{FailureClass::wrong_answer, "not an HTTP answer"};
    case HttpResponse::Progress::incomplete:
        return Failure{FailureClass::cut_short, response.begun()
                                                    ? "closed in the middle of the answer"
                                                    : "closed before the answer"};
    case HttpResponse::Progress::complete:
        break;
    }
    if (!response.body_matches())
        return Failure{FailureClass::wrong_answer, "body without the expected text"};
    return std::nullopt;
}

bool may_be_sent_again(FailureClass failure_class, bool connection_was_reused, bool answer_begun) {
    const bool died =
        failure_class == FailureClass::reset || failure_class == FailureClass::cut_short;
    return died && connection_was_reused && !answer_begun;
}

} // namespace load
