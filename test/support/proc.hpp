// Facts about processes as the kernel tells them in /proc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace support {

/// Open descriptors: number and what it leads to ("socket:[123]", "/dev/null", ...).
[[nodiscard]] std::map<int, std::string> descriptors(pid_t pid);
/// How many, once that number is at rest: connections of reloadctl come and go.
[[nodiscard]] std::size_t settled_descriptors(pid_t pid);
/// Inodes of the sockets among them.
[[nodiscard]] std::vector<std::uint64_t> socket_inodes(pid_t pid);
[[nodiscard]] std::vector<pid_t> children(pid_t pid); ///< zombies included
[[nodiscard]] std::vector<pid_t> zombies_of(pid_t pid);
[[nodiscard]] std::uint64_t rss_kib(pid_t pid); ///< 0: there is no such process
[[nodiscard]] unsigned threads(pid_t pid);
[[nodiscard]] std::vector<std::string> command_line(pid_t pid);
/// kill(2) of this one process. Throws when the number is none of one, so that a status without a
/// serving generation can't turn a test on its own process group.
void kill_process(pid_t pid, int signal);
/// Neither gone nor a zombie.
[[nodiscard]] bool alive(pid_t pid);
/// Every process whose environment carries this entry.
[[nodiscard]] std::vector<pid_t> processes_with(const std::string& entry);

} // namespace support
