// Owns the tests of the verdicts.
#include "classification.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <string_view>

using namespace load;
using Progress = HttpResponse::Progress;

TEST_CASE("errors of system calls have a class") {
    CHECK(failure_of_errno(ECONNREFUSED).failure_class == FailureClass::refused);
    CHECK(failure_of_errno(ENOENT).failure_class == FailureClass::refused);
    CHECK(failure_of_errno(ECONNRESET).failure_class == FailureClass::reset);
    CHECK(failure_of_errno(EPIPE).failure_class == FailureClass::reset);
    CHECK(failure_of_errno(ETIMEDOUT).failure_class == FailureClass::timeout);
    CHECK(failure_of_errno(EMFILE).failure_class == FailureClass::other);
    CHECK(failure_of_errno(EADDRNOTAVAIL).failure_class == FailureClass::other);
    CHECK(failure_of_errno(EMFILE).text == "Too many open files");
}

TEST_CASE("answers are judged") {
    const Expectation expected{"x-served-by", "hello"};
    HttpResponse response(expected);
    const auto verdict = [&response](std::string_view text) {
        const Progress progress = text.empty() ? Progress::incomplete : response.consume(text);
        return judge(response, progress);
    };
    SECTION("as expected") {
        CHECK_FALSE(verdict("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").has_value());
    }
    SECTION("another body") {
        const auto failure = verdict("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbye");
        REQUIRE(failure.has_value());
        CHECK(failure->failure_class == FailureClass::wrong_answer);
    }
    SECTION("another status") {
        const auto failure = verdict("HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nhello");
        REQUIRE(failure.has_value());
        CHECK(failure->failure_class == FailureClass::wrong_answer);
        CHECK(failure->text == "status 503");
    }
    SECTION("another status, cut short") {
        const auto failure = verdict("HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nhe");
        REQUIRE(failure.has_value());
        CHECK(failure->failure_class == FailureClass::wrong_answer);
    }
    SECTION("cut short") {
        const auto failure = verdict("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
        REQUIRE(failure.has_value());
        CHECK(failure->failure_class == FailureClass::cut_short);
    }
    SECTION("nothing at all") {
        const auto failure = verdict("");
        REQUIRE(failure.has_value());
        CHECK(failure->failure_class == FailureClass::cut_short);
    }
    SECTION("not HTTP") {
        const auto failure = verdict("\x15\x03\x01 TLS alert\r\n");
        REQUIRE(failure.has_value());
        CHECK(failure->failure_class == FailureClass::wrong_answer);
    }
}

TEST_CASE("only a request that met a closing connection is sent again") {
    CHECK(may_be_sent_again(FailureClass::reset, true, false));
    CHECK(may_be_sent_again(FailureClass::cut_short, true, false));
    CHECK_FALSE(may_be_sent_again(FailureClass::cut_short, false, false)); // fresh connection
    CHECK_FALSE(may_be_sent_again(FailureClass::cut_short, true, true));   // answer had begun
    CHECK_FALSE(may_be_sent_again(FailureClass::timeout, true, false));
    CHECK_FALSE(may_be_sent_again(FailureClass::wrong_answer, true, false));
}
