// Owns addresses: their text form, their socket form, and the rule that load never leaves the
// machine. Opens nothing.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <variant>

namespace load {

/// What is wrong with something the user wrote, in one line.
struct Problem {
    std::string text;
};

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    int family() const { return storage.ss_family; }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

struct Target {
    std::string text; ///< as written, for reports
    std::string host; ///< for the Host header
    Address address;
};

/// `127.0.0.1:8080`, `[::1]:8080`, `unix@/path`, `abns@name`. Names are not looked up, and an
/// address outside 127/8 and ::1 is a Problem.
std::variant<Target, Problem> parse_target(std::string_view text);

/// A loopback address without port, to connect from.
std::variant<Address, Problem> parse_source(std::string_view text);

} // namespace load
