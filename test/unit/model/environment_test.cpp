#include "model/environment.hpp"

#include "support/catch.hpp"

#include <array>

using namespace reload;

namespace {

using Entries = std::vector<std::string>;

Entries cleaned_of(const Entries& inherited, std::initializer_list<std::string_view> patterns,
                   const Entries& added = {}) {
    return make_environment(inherited, std::span(patterns.begin(), patterns.size()), added);
}

} // namespace

TEST_CASE("a child inherits the caller's environment in its order") {
    CHECK(cleaned_of({"B=2", "A=1", "EMPTY=", "X=a=b"}, {}) ==
          Entries{"B=2", "A=1", "EMPTY=", "X=a=b"});
}

TEST_CASE("a variable that would confuse the child is left out by its whole name") {
    CHECK(cleaned_of({"NOTIFY_SOCKET=/x", "NOTIFY_SOCKETS=/y", "MY_NOTIFY_SOCKET=/z"},
                     {"NOTIFY_SOCKET"}) == Entries{"NOTIFY_SOCKETS=/y", "MY_NOTIFY_SOCKET=/z"});
}

TEST_CASE("a final star leaves out every variable that begins so") {
    CHECK(cleaned_of({"LISTEN_FDS=1", "LISTEN_PID=2", "LISTEN_=3", "LISTEN=4", "XLISTEN_FDS=5"},
                     {"LISTEN_*"}) == Entries{"LISTEN=4", "XLISTEN_FDS=5"});
}

TEST_CASE("a pattern looks at the name of a variable, not at its value") {
    CHECK(cleaned_of({"A=LISTEN_FDS=1", "LISTEN=_FDS"}, {"LISTEN_*"}) ==
          Entries{"A=LISTEN_FDS=1", "LISTEN=_FDS"});
}

TEST_CASE("what we add replaces every inherited entry of the same name") {
    CHECK(cleaned_of({"A=1", "B=2", "A=3", "AA=4"}, {}, {"A=9"}) == Entries{"B=2", "AA=4", "A=9"});
}

TEST_CASE("what we add stays even where a pattern would clean it") {
    CHECK(cleaned_of({"LISTEN_FDS=1"}, {"LISTEN_*"}, {"LISTEN_FDS=3"}) == Entries{"LISTEN_FDS=3"});
}

TEST_CASE("an entry without an equals sign is passed on like any other") {
    CHECK(cleaned_of({"ODD", "LISTEN_ODD"}, {"LISTEN_*"}) == Entries{"ODD"});
}

TEST_CASE("the name of a variable is letters, digits and underscores, not beginning with a digit") {
    for (const char* name : {"A", "_", "a1", "HTTP_FD", "_9", "x__y"}) {
        CAPTURE(name);
        CHECK(is_variable_name(name));
    }
    for (const char* name : {"", "1A", "A-B", "A B", "A=B", "A.B", "\xc3\xa4", "${A}", " A"}) {
        CAPTURE(name);
        CHECK_FALSE(is_variable_name(name));
    }
}
