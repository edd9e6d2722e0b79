#include "model/config_text.hpp"

#include "support/catch.hpp"

#include <set>

using namespace reload;

TEST_CASE("a hash is 64 lower-case hexadecimal digits, also of nothing") {
    const std::vector<ConfigFile> one{{"a.cfg", "global\n"}};
    for (const std::string& hash : {hash_of({}), hash_of(one)}) {
        CHECK(hash.size() == 64);
        CHECK(hash.find_first_not_of("0123456789abcdef") == std::string::npos);
    }
    // sha256sum of no bytes
    CHECK(hash_of({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("the same files hash the same, whenever they are read") {
    const std::vector<ConfigFile> files{{"a.cfg", "x"}, {"b.cfg", std::string("y\0z", 3)}};
    CHECK(hash_of(files) == hash_of(std::vector<ConfigFile>(files)));
}

TEST_CASE("a change of any text, path or order changes the hash") {
    const std::vector<std::vector<ConfigFile>> all{
        {},
        {{"", ""}},
        {{"a", "x"}},
        {{"a", "y"}},
        {{"b", "x"}},
        {{"a", "x"}, {"b", "y"}},
        {{"b", "y"}, {"a", "x"}},
        {{"a", "x"}, {"a", "x"}},
        {{"a", std::string("x\0", 2)}},
        {{"a", "x\n"}},
    };
    std::set<std::string> hashes;
    for (const auto& files : all)
        hashes.insert(hash_of(files));
    CHECK(hashes.size() == all.size());
}

TEST_CASE("two different splits of the same bytes hash differently") {
    const std::vector<std::vector<ConfigFile>> splits{
        {{"ab", "cd"}},
        {{"a", "bcd"}},
        {{"abc", "d"}},
        {{"", "abcd"}},
        {{"abcd", ""}},
        {{"a", "b"}, {"c", "d"}},
        {{"ab", ""}, {"", "cd"}},
        {{"ab", "cd"}, {"", ""}},
        {{"", ""}, {"ab", "cd"}},
        // a text that imitates the separator between two files
        {{"a", "b1 1\ncd"}},
    };
    std::set<std::string> hashes;
    for (const auto& files : splits)
        hashes.insert(hash_of(files));
    CHECK(hashes.size() == splits.size());
}
