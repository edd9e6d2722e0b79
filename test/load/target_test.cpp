// Owns the tests of addresses.
#include "target.hpp"

#include "support/catch.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>

using namespace load;

namespace {

Target parsed(std::string_view text) {
    auto target = parse_target(text);
    REQUIRE(std::holds_alternative<Target>(target));
    return std::get<Target>(target);
}

bool is_refused(std::string_view text) {
    return std::holds_alternative<Problem>(parse_target(text));
}

sockaddr_un unix_address(const Target& target) {
    sockaddr_un un{};
    std::memcpy(&un, &target.address.storage, sizeof un);
    return un;
}

} // namespace

TEST_CASE("IP targets") {
    const Target v4 = parsed("127.0.0.1:8080");
    CHECK(v4.address.family() == AF_INET);
    CHECK(v4.host == "127.0.0.1:8080");
    const Target v6 = parsed("[::1]:80");
    CHECK(v6.address.family() == AF_INET6);
    CHECK(v6.address.length == sizeof(sockaddr_in6));
}

TEST_CASE("Unix targets") {
    const Target path = parsed("unix@/run/a.sock");
    CHECK(path.host == "localhost");
    CHECK(std::string_view(unix_address(path).sun_path) == "/run/a.sock");

    const Target abstract = parsed("abns@name");
    CHECK(unix_address(abstract).sun_path[0] == '\0');
    CHECK(std::string_view(unix_address(abstract).sun_path + 1) == "name");
    CHECK(abstract.address.length == sizeof(sockaddr_un)); // as HAProxy binds them
}

TEST_CASE("targets beyond this machine are refused") {
    CHECK(is_refused("10.0.0.1:80"));
    CHECK(is_refused("0.0.0.0:80"));
    CHECK(is_refused("[::]:80"));
    CHECK(is_refused("[2001:db8::1]:80"));
    CHECK(is_refused("[::ffff:127.0.0.1]:80"));
    CHECK(is_refused("localhost:80"));
}

TEST_CASE("malformed targets are refused") {
    for (const char* text :
         {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x",
          "::1:80", "[::1]", "[127.0.0.1]:80", "[]:80", "unix@", "abns@"})
        CHECK(is_refused(text));
    CHECK(is_refused("unix@/" + std::string(108, 'x')));
    CHECK(is_refused("abns@" + std::string(108, 'x')));
}

TEST_CASE("sources are loopback addresses without port") {
    CHECK(std::holds_alternative<Address>(parse_source("127.0.0.7")));
    CHECK(std::holds_alternative<Address>(parse_source("::1")));
    CHECK(std::holds_alternative<Problem>(parse_source("127.0.0.1:80")));
    CHECK(std::holds_alternative<Problem>(parse_source("192.168.0.1")));
}
