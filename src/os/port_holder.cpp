#include "os/port_holder.hpp"

#include "model/listen_address.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

namespace reload {
namespace {

namespace fs = std::filesystem;

/// The address of a row: words of 32 bits in hexadecimal, each in the byte order of the machine.
std::string host_of(std::string_view digits) {
    std::array<std::uint32_t, 4> words{};
    const std::size_t count = digits.size() / 8;
    for (std::size_t i = 0; i < count && i < words.size(); ++i) {
        const std::string_view word = digits.substr(i * 8, 8);
        std::from_chars(word.data(), word.data() + word.size(), words[i], 16); // NOLINT: whole word
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
    return text.data();
}

bool is_wildcard(std::string_view host) {
    return host == "0.0.0.0" || host == "::";
}

/// Socket inodes that listen where `address` can't, from /proc/net/tcp or tcp6 (one row a socket:
/// number, ADDRESS:PORT in hexadecimal, remote, state, ..., inode as the tenth word; state 0A is
/// LISTEN).
void add_listeners(const char* table, const ListenAddress& address, std::set<std::string>& inodes) {
    std::ifstream file(table);
    std::string row;
    std::getline(file, row); // headings
    while (std::getline(file, row)) {
        std::istringstream words(row);
        std::string number, local, remote, state, skipped, inode;
        words >> number >> local >> remote >> state >> skipped >> skipped >> skipped >> skipped >>
            skipped >> inode;
        const std::size_t colon = local.rfind(':');
        if (state != "0A" || colon == std::string::npos)
            continue;
        unsigned port = 0;
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), port, 16);
        const std::string host = host_of(std::string_view(local).substr(0, colon));
        if (port == address.port &&
            (host == address.host || is_wildcard(host) || is_wildcard(address.host)))
            inodes.insert(fmt::format("socket:[{}]", inode));
    }
}

std::string name_of(const fs::path& process) {
    std::ifstream file(process / "comm");
    std::string name;
    std::getline(file, name);
    return name;
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& inodes) {
    std::error_code ignored;
    for (fs::directory_iterator fd(process / "fd", ignored), end; !ignored && fd != end;
         fd.increment(ignored)) {
        std::error_code gone;
        if (inodes.contains(fs::read_symlink(fd->path(), gone).string()))
            return true;
    }
    return false;
}

} // namespace

std::string holder_of_address(const std::string& address) {
    const auto parsed = parse_listen_address(address);
    if (!parsed || parsed->port == 0)
        return {};
    std::set<std::string> inodes;
    add_listeners("/proc/net/tcp", *parsed, inodes);
    add_listeners("/proc/net/tcp6", *parsed, inodes);
    if (inodes.empty())
        return {};
    const std::string ourselves = std::to_string(::getpid());
    std::error_code ignored;
    for (fs::directory_iterator process("/proc", ignored), end; !ignored && process != end;
         process.increment(ignored)) {
        const std::string pid = process->path().filename();
        if (pid.find_first_not_of("0123456789") != std::string::npos)
            continue;
        if (holds_one_of(process->path(), inodes))
            return pid == ourselves ? fmt::format("this supervisor, pid {}", pid)
                                    : fmt::format("{}, pid {}", name_of(process->path()), pid);
    }
    return {};
}

} // namespace reload
