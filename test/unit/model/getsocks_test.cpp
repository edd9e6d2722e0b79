#include "model/getsocks.hpp"

#include "support/catch.hpp"

using namespace reload;

namespace {

const std::vector<SocketTag> some_tags{
    {"", ""},
    {"blue", ""},
    {"", "eth0"},
    {"red", "lo"},
    {std::string(255, 'n'), std::string(255, 'i')},
    {std::string("a\0b", 3), "\xff\xfe"},
};

} // namespace

TEST_CASE("socket tags come back from their bytes unchanged") {
    for (std::size_t count = 0; count <= some_tags.size(); ++count) {
        const std::vector<SocketTag> tags(some_tags.begin(),
                                          some_tags.begin() + static_cast<std::ptrdiff_t>(count));
        CAPTURE(count);
        CHECK(decode_tags(encode_tags(tags), count) == tags);
    }
}

TEST_CASE("a plain socket is six zero bytes, as every HAProxy writes it") {
    const std::vector<SocketTag> plain(1);
    CHECK(encode_tags(plain) == std::string(6, '\0'));
}

TEST_CASE("a tag is written as two counted names and four bytes of options") {
    const std::vector<SocketTag> tags{{"ns", "eth0"}};
    CHECK(encode_tags(tags) == std::string("\2ns\4eth0\0\0\0\0", 12));
}

TEST_CASE("the options of a peer are skipped, whatever they are") {
    const std::string bytes("\0\0\377\1\2\3\0\1i\4\5\6\7", 13);
    const std::vector<SocketTag> expected{{"", ""}, {"", "i"}};
    CHECK(decode_tags(bytes, 2) == expected);
}

TEST_CASE("a message cut at any byte is refused") {
    const std::string bytes = encode_tags(some_tags);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(decode_tags(std::string_view(bytes).substr(0, size), some_tags.size()));
    }
}

TEST_CASE("a message with a byte too many is refused") {
    CHECK_FALSE(decode_tags(encode_tags(some_tags) + '\0', some_tags.size()));
    CHECK_FALSE(decode_tags(std::string_view("\0", 1), 0));
}

TEST_CASE("a message with another number of records than announced is refused") {
    const std::string bytes = encode_tags(some_tags);
    CHECK_FALSE(decode_tags(bytes, 0));
    CHECK_FALSE(decode_tags(bytes, some_tags.size() - 1));
    CHECK_FALSE(decode_tags(bytes, some_tags.size() + 1));
    CHECK_FALSE(decode_tags(bytes, static_cast<std::size_t>(-1)));
}

TEST_CASE("no byte of a message can make the decoder read beyond it") {
    const std::vector<SocketTag> tags{{"ns", "eth0"}, {"", ""}};
    const std::string sound = encode_tags(tags);
    for (std::size_t at = 0; at < sound.size(); ++at)
        for (int value = 0; value < 256; ++value) {
            std::string bytes = sound;
            bytes[at] = static_cast<char>(value);
            const auto decoded = decode_tags(bytes, tags.size());
            if (decoded && decoded->size() != tags.size())
                FAIL("byte " << at << " as " << value << " changed the number of records");
        }
}

TEST_CASE("a full batch of the longest names stays within the announced bounds") {
    const std::vector<SocketTag> tags(getsocks_batch, some_tags[4]);
    const std::string bytes = encode_tags(tags);
    CHECK(bytes.size() == getsocks_batch * getsocks_longest_record);
    CHECK(decode_tags(bytes, getsocks_batch) == tags);
}

TEST_CASE("a name of 256 bytes is cut, and its neighbours stay sound") {
    const std::vector<SocketTag> tags{{std::string(256, 'n'), "eth0"}, {"x", "y"}};
    const auto decoded = decode_tags(encode_tags(tags), 2);
    REQUIRE(decoded);
    CHECK((*decoded)[0] == SocketTag{std::string(255, 'n'), "eth0"});
    CHECK((*decoded)[1] == tags[1]);
}
