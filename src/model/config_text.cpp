#include "model/config_text.hpp"

#include <array>
#include <fmt/format.h>
#include <sys/types.h> // sha2.h needs u_int8_t and does not include it itself

#include <sha2.h>

namespace reload {

std::string hash_of(const std::vector<ConfigFile>& files) {
    SHA2_CTX context;
    SHA256Init(&context);
    const auto add = [&context](std::string_view bytes) {
        SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    };
    for (const ConfigFile& file : files) {
        // The lengths keep two different splits of the same bytes apart.
        add(fmt::format("{} {}\n", file.path.size(), file.text.size()));
        add(file.path);
        add(file.text);
    }
    std::array<char, SHA256_DIGEST_STRING_LENGTH> digits{};
    SHA256End(&context, digits.data());
    return std::string(digits.data());
}

} // namespace reload
