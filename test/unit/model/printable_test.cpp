#include "model/printable.hpp"

#include "support/catch.hpp"

using namespace reload;

namespace {

const std::string mark = "\xEF\xBF\xBD"; // U+FFFD

} // namespace

TEST_CASE("plain text, new lines, tabs and sound UTF-8 stay as they are") {
    for (const char* text : {"", "a line\nand\tanother ~", "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80",
                             "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        CAPTURE(text);
        CHECK(printable(text) == text);
    }
}

TEST_CASE("control characters can't reach an operator's terminal") {
    CHECK(printable("\x1B[2J\r\a\x7F") == "?[2J???");
    CHECK(printable(std::string_view("a\0b", 3)) == "a?b");
}

TEST_CASE("each byte that is not part of sound UTF-8 is marked") {
    CHECK(printable("\xFF") == mark);
    CHECK(printable("a\x80z") == "a" + mark + "z");
    CHECK(printable("\xC0\xAF") == mark + mark);                       // overlong
    CHECK(printable("\xE0\x80\xAF") == mark + mark + mark);            // overlong
    CHECK(printable("\xED\xA0\x80") == mark + mark + mark);            // a surrogate
    CHECK(printable("\xF4\x90\x80\x80") == mark + mark + mark + mark); // beyond U+10FFFF
    CHECK(printable("\xF5\x80\x80\x80") == mark + mark + mark + mark);
}

TEST_CASE("a character that was cut is marked, its neighbours stay") {
    CHECK(printable("x\xE2\x82") == "x" + mark + mark);
    CHECK(printable("\x82\xACx") == mark + mark + "x");
    CHECK(printable("\xC3"
                    "a") == mark + "a");
    CHECK(printable("\xE2\x82\xC3\xA4") == mark + mark + "\xC3\xA4");
}
