// Owns the tests of the answer parser. Each text is fed whole and byte by byte.
#include "http_response.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>

using namespace load;
using Progress = HttpResponse::Progress;

namespace {

constexpr std::string_view plain = "HTTP/1.1 200 OK\r\n"
                                   "Content-Length: 5\r\n"
                                   "X-Served-By:  4242 \r\n"
                                   "\r\n"
                                   "hello";

Progress feed(HttpResponse& response, std::string_view text, std::size_t piece) {
    auto progress = Progress::incomplete;
    while (!text.empty() && progress != Progress::malformed) {
        progress = response.consume(text.substr(0, piece));
        text.remove_prefix(std::min(piece, text.size()));
    }
    return progress;
}

/// The same verdict in pieces of every size, or the test fails.
Progress read(std::string_view text) {
    const Expectation expected;
    HttpResponse response(expected);
    const Progress whole = feed(response, text, text.size());
    for (std::size_t piece = 1; piece < text.size(); ++piece) {
        response.reset();
        CHECK(feed(response, text, piece) == whole);
    }
    return whole;
}

} // namespace

TEST_CASE("an answer with a length is complete at its last byte") {
    CHECK(read(plain) == Progress::complete);
    CHECK(read(plain.substr(0, plain.size() - 1)) == Progress::incomplete);
}

TEST_CASE("status, process and persistence are read") {
    const Expectation expected;
    HttpResponse response(expected);
    CHECK_FALSE(response.begun());
    REQUIRE(response.consume(plain) == Progress::complete);
    CHECK(response.begun());
    CHECK(response.status() == 200);
    CHECK(response.served_by() == "4242");
    CHECK_FALSE(response.closes());
}

TEST_CASE("the end of the connection is announced by the header or by the version") {
    const Expectation expected;
    HttpResponse response(expected);
    SECTION("close among other tokens") {
        response.consume("HTTP/1.1 200 OK\r\nconnection: foo, Close\r\ncontent-length: 0\r\n\r\n");
        CHECK(response.closes());
    }
    SECTION("HTTP/1.0 closes") {
        response.consume("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
        CHECK(response.closes());
    }
    SECTION("HTTP/1.0 with keep-alive does not") {
        response.consume("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
        CHECK_FALSE(response.closes());
    }
}

TEST_CASE("a chunked answer ends with its last chunk and trailer") {
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "3\r\nhel\r\nA;x=y\r\nlo, world!\r\n0\r\nX-Sum: 1\r\n\r\n") == Progress::complete);
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "3\r\nhel\r\n0\r\n") == Progress::incomplete);
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "3\r\nhello\r\n") == Progress::malformed);
}

TEST_CASE("a body without length ends with the stream") {
    const Expectation expected;
    HttpResponse response(expected);
    CHECK(response.consume("HTTP/1.1 200 OK\r\n\r\nhello") == Progress::incomplete);
    CHECK(response.closes());
    CHECK(response.end_of_stream() == Progress::complete);
}

TEST_CASE("the end of the stream does not complete a body with a length") {
    const Expectation expected;
    HttpResponse response(expected);
    response.consume(plain.substr(0, plain.size() - 1));
    CHECK(response.end_of_stream() == Progress::incomplete);
}

TEST_CASE("an answer without body is complete after its headers") {
    CHECK(read("HTTP/1.1 204 No Content\r\n\r\n") == Progress::complete);
    CHECK(read("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n") == Progress::complete);
}

TEST_CASE("interim answers are skipped") {
    const Expectation expected;
    HttpResponse response(expected);
    CHECK(response.consume("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") == Progress::incomplete);
    CHECK(response.begun());
    CHECK(response.consume(plain) == Progress::complete);
    CHECK(response.status() == 200);
}

TEST_CASE("what is not HTTP is malformed") {
    CHECK(read("SSH-2.0-OpenSSH_9.2\r\n") == Progress::malformed);
    CHECK(read("HTTP/1.1 2x0 OK\r\n") == Progress::malformed);
    CHECK(read("HTTP/2.0 200 OK\r\n") == Progress::malformed);
    CHECK(read("HTTP/1.1 200 OK\r\nno colon\r\n") == Progress::malformed);
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n") == Progress::malformed);
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n") ==
          Progress::malformed);
}

TEST_CASE("bytes after the answer are malformed") {
    CHECK(read(std::string(plain) + "x") == Progress::malformed);
}

TEST_CASE("endless headers are cut off") {
    const Expectation expected;
    HttpResponse response(expected);
    const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
    auto progress = response.consume("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100 && progress == Progress::incomplete; ++i)
        progress = response.consume(line);
    CHECK(progress == Progress::malformed);
}

TEST_CASE("the expected text is found wherever the body is cut") {
    const Expectation expected{"x-served-by", "ell"};
    HttpResponse response(expected);
    for (std::size_t piece = 1; piece <= plain.size(); ++piece) {
        response.reset();
        REQUIRE(feed(response, plain, piece) == Progress::complete);
        CHECK(response.body_matches());
    }
}

TEST_CASE("the expected text counts in the body only") {
    const Expectation expected{"x-served-by", "4242"};
    HttpResponse response(expected);
    REQUIRE(response.consume(plain) == Progress::complete);
    CHECK_FALSE(response.body_matches());
}
