#include "model/getsocks.hpp"

namespace reload {
namespace {

void put_name(std::string& bytes, std::string_view name) {
    name = name.substr(0, 255);
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(name.size())));
    bytes.append(name);
}

std::optional<std::string> take_name(std::string_view& bytes) {
    if (bytes.empty())
        return std::nullopt;
    const std::size_t length = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (bytes.size() < length)
        return std::nullopt;
    std::string name(bytes.substr(0, length));
    bytes.remove_prefix(length);
    return name;
}

} // namespace

std::string encode_tags(std::span<const SocketTag> tags) {
    std::string bytes;
    for (const SocketTag& tag : tags) {
        put_name(bytes, tag.network_namespace);
        put_name(bytes, tag.interface_name);
        bytes.append(sizeof(std::int32_t), '\0');
    }
    return bytes;
}

std::optional<std::vector<SocketTag>> decode_tags(std::string_view bytes, std::size_t count) {
    std::vector<SocketTag> tags;
    for (std::size_t i = 0; i < count; ++i) {
        auto network_namespace = take_name(bytes);
        if (!network_namespace)
            return std::nullopt;
        auto interface_name = take_name(bytes);
        if (!interface_name || bytes.size() < sizeof(std::int32_t))
            return std::nullopt;
        bytes.remove_prefix(sizeof(std::int32_t));
        tags.push_back({std::move(*network_namespace), std::move(*interface_name)});
    }
    if (!bytes.empty())
        return std::nullopt;
    return tags;
}

} // namespace reload
