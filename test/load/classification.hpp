// Owns the verdicts: which class a failure belongs to, and which ends of a connection are none.
#pragma once

#include "http_response.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace load {

enum class Kind { new_connection, keepalive };

enum class FailureClass { refused, reset, timeout, cut_short, wrong_answer, other };

inline constexpr std::array all_failure_classes{
    FailureClass::refused,   FailureClass::reset,        FailureClass::timeout,
    FailureClass::cut_short, FailureClass::wrong_answer, FailureClass::other,
};

/// The name used in reports and in the failure file.
std::string_view name_of(FailureClass failure_class);
std::string_view name_of(Kind kind);

struct Failure {
    FailureClass failure_class = FailureClass::other;
    std::string text; ///< the errno's text, or what was wrong with the answer
};

/// A system call on the connection failed.
Failure failure_of_errno(int error);

/// The request was not even sent before its deadline. The client was stopped or starved; the server
/// is not to blame.
Failure client_too_late();

/// The answer is complete, malformed, or the stream ended in it (`incomplete`). Nothing when it is
/// a whole answer as expected.
std::optional<Failure> judge(const HttpResponse& response, HttpResponse::Progress progress);

/// A server may close a kept connection at any moment, also while a request is on its way. Then a
/// client sends the request again on a fresh connection (RFC 9110, 9.2.2). Only a connection that
/// carried an answer before and no byte of this one qualifies.
bool may_be_sent_again(FailureClass failure_class, bool connection_was_reused, bool answer_begun);

} // namespace load
