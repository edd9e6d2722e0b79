#include "dialect/haproxy.hpp"

#include "support/catch.hpp"

#include <fmt/format.h>

using namespace reload;

namespace {

/// As HAProxy reads it: without leading blanks, and with one blank for several.
std::string squeezed(std::string_view text) {
    std::string result;
    for (const char character : text) {
        const bool blank = character == ' ' || character == '\t';
        const bool needless = result.empty() || result.back() == ' ' || result.back() == '\n';
        if (!blank)
            result += character;
        else if (!needless)
            result += ' ';
    }
    return result;
}

std::string relocated(std::string_view text) {
    return squeezed(haproxy::relocated(text, "/etc/haproxy/a.cfg"));
}

std::string base_for(std::string_view path) {
    return haproxy::relocated("default-path config", path);
}

} // namespace

TEST_CASE("a text that is read from elsewhere keeps the base of its relative paths") {
    CHECK(relocated("global\n\tdefault-path config\n") ==
          "global\ndefault-path origin /etc/haproxy\n");
    CHECK(relocated("default-path  parent # x") == "default-path origin /etc/haproxy/.. # x");
    CHECK(relocated("default-path config\ndefault-path parent\nx") ==
          "default-path origin /etc/haproxy\ndefault-path origin /etc/haproxy/..\nx");
    CHECK(relocated("default-path config\r\nx\r\n") == "default-path origin /etc/haproxy\r\nx\r\n");
}

TEST_CASE("a text that names no base of its own place is left as it is, to the last byte") {
    for (const char* text :
         {"", "\n", "\n\n", "a", "global\n  maxconn 5\n\n\tx  y\r\n", "default-path current",
          "default-path origin /x", "# default-path config", "default-path configured",
          "xdefault-path config", "log default-path config", "default-path", "default-path "}) {
        CAPTURE(text);
        CHECK(haproxy::relocated(text, "/etc/haproxy/a.cfg") == text);
    }
    const std::string_view with_nul("a\0b\nc", 5);
    CHECK(haproxy::relocated(with_nul, "/etc/haproxy/a.cfg") == with_nul);
}

TEST_CASE("a base folder that HAProxy would split or not see is written so that it does") {
    // Each was tried with 2.6.12: `\ ` `\#` `\\` `\"` `\'` stand for the character, `\t` for a tab;
    // a dollar means something only within double quotes, and keeps a backslash before it.
    CHECK(base_for("/etc/haproxy/a.cfg") == "default-path origin /etc/haproxy");
    CHECK(base_for("/a.cfg") == "default-path origin /");
    CHECK(base_for("/etc/my folder/a.cfg") == R"(default-path origin /etc/my\ folder)");
    CHECK(base_for("/etc/a#b/a.cfg") == R"(default-path origin /etc/a\#b)");
    CHECK(base_for("/etc/a\\b/a.cfg") == R"(default-path origin /etc/a\\b)");
    CHECK(base_for("/etc/a\"b/a.cfg") == R"(default-path origin /etc/a\"b)");
    CHECK(base_for("/etc/a'b/a.cfg") == R"(default-path origin /etc/a\'b)");
    CHECK(base_for("/etc/a\tb/a.cfg") == R"(default-path origin /etc/a\tb)");
    CHECK(base_for("/etc/a$b/a.cfg") == R"(default-path origin /etc/a$b)");
}

TEST_CASE("a text of any size can be relocated") {
    const std::string text =
        fmt::format("global\n{}\n{}\n", std::string(2'000'000, ' '), std::string(2'000'000, 'x'));
    CHECK((haproxy::relocated(text, "/etc/a.cfg") == text));
}
