#include "support/ports.hpp"

#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace support {
namespace {

// Below the range from which the kernel takes ports for outgoing connections (32768 and up): a port
// that it had given us could be the source of a client of the load a moment later.
constexpr unsigned lowest = 10'000;
constexpr unsigned highest = 32'000;

/// True if the port can be had on every address, by a listener that insists on being alone.
bool is_free(unsigned port) {
    const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        throw std::runtime_error("no socket for a look at a port");
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); // past connections don't count
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<std::uint16_t>(port));
    const bool bound =
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
        ::listen(fd, 1) == 0;
    ::close(fd);
    return bound;
}

} // namespace

std::uint16_t free_ports(unsigned count) {
    static unsigned next = lowest + static_cast<unsigned>(::getpid()) * 37 % (highest - lowest);
    unsigned found = 0; // free ports in a row before `next`
    for (unsigned looked = 0; looked < 2 * (highest - lowest); ++looked) {
        if (next >= highest) {
            next = lowest;
            found = 0;
        }
        found = is_free(next) ? found + 1 : 0;
        ++next;
        if (found == count)
            return static_cast<std::uint16_t>(next - count);
    }
    throw std::runtime_error("no free ports");
}

} // namespace support
