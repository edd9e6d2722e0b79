#include "model/listen_address.hpp"

#include "support/catch.hpp"

#include <fmt/format.h>

using namespace reload;

namespace {

std::string canonical(std::string_view text) {
    const auto address = parse_listen_address(text);
    return address ? to_string(*address) : "refused: " + to_line(address.error());
}

} // namespace

TEST_CASE("an address is printed in its canonical form") {
    CHECK(canonical("127.0.0.1:80") == "127.0.0.1:80");
    CHECK(canonical("[::1]:443") == "[::1]:443");
    CHECK(canonical("[2001:DB8:0:0::1]:443") == "[2001:db8::1]:443");
    CHECK(canonical("unix@/run/a.sock") == "unix@/run/a.sock");
    CHECK(canonical("/run/a.sock") == "unix@/run/a.sock");
    CHECK(canonical("abns@name") == "abns@name");
}

TEST_CASE("no host and a star mean every IPv4 address, two colons every IPv6 address") {
    CHECK(canonical(":80") == "0.0.0.0:80");
    CHECK(canonical("*:80") == "0.0.0.0:80");
    CHECK(canonical("[::]:80") == "[::]:80");
    CHECK(canonical(":::80") == "[::]:80");
}

TEST_CASE("two spellings of one socket are equal, two sockets are not") {
    CHECK(*parse_listen_address(":80") == *parse_listen_address("0.0.0.0:80"));
    CHECK(*parse_listen_address(":::80") == *parse_listen_address("[0:0::0]:80"));
    CHECK(*parse_listen_address("unix@/a") == *parse_listen_address("/a"));
    CHECK_FALSE(*parse_listen_address(":80") == *parse_listen_address(":81"));
    CHECK_FALSE(*parse_listen_address(":80") == *parse_listen_address(":::80"));
    CHECK_FALSE(*parse_listen_address("unix@/a") == *parse_listen_address("abns@/a"));
}

TEST_CASE("the canonical form of an address means the same address") {
    for (const char* text : {":80", "[::]:1", "10.1.2.3:65535", "[fe80::1]:5", "unix@/x y",
                             "abns@x", "abns@/x", "[::ffff:1.2.3.4]:9"}) {
        CAPTURE(text);
        const auto once = parse_listen_address(text);
        REQUIRE(once.has_value());
        const auto again = parse_listen_address(to_string(*once));
        REQUIRE(again.has_value());
        CHECK(*again == *once);
    }
}

TEST_CASE("what is bound does not depend on a name server") {
    CHECK_FALSE(parse_listen_address("localhost:80").has_value());
    CHECK_FALSE(parse_listen_address("example.com:80").has_value());
}

TEST_CASE("a port is a number from 1 to 65535") {
    CHECK(parse_listen_address("127.0.0.1:1").has_value());
    CHECK(parse_listen_address("127.0.0.1:65535").has_value());
    for (const char* port :
         {"", "0", "65536", "4294967376", "-1", "+80", "80a", " 80", "80 ", "http", "80-90"}) {
        CAPTURE(port);
        CHECK_FALSE(parse_listen_address(fmt::format("127.0.0.1:{}", port)).has_value());
    }
}

TEST_CASE("half an address is refused") {
    for (const char* text :
         {"", ":", "80", "127.0.0.1", "127.0.0:80", "1.2.3.4.5:80", "[::1:80", "::1]:80", "[::1]",
          "unix@", "abns@", "unix@relative", "fd@3", "300.1.1.1:80", "[fe80::1%eth0]:80"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_listen_address(text).has_value());
    }
}

TEST_CASE("a socket name longer than the kernel takes is refused before it is cut") {
    const std::string longest(107, 'x');
    CHECK(parse_listen_address("abns@" + longest).has_value());
    CHECK_FALSE(parse_listen_address("abns@" + longest + "x").has_value());
    CHECK(parse_listen_address("unix@/" + longest.substr(1)).has_value());
    CHECK_FALSE(parse_listen_address("unix@/" + longest).has_value());
}

TEST_CASE("a refused address is named in the reason") {
    const auto refused = parse_listen_address("localhost:80");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().stage == Stage::options);
    CHECK(refused.error().subject.find("localhost:80") != std::string::npos);
    CHECK_FALSE(refused.error().detail.empty());
}
