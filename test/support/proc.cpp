#include "support/proc.hpp"

#include "support/eventually.hpp"
#include "support/temp_folder.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>
#include <stdexcept>

namespace support {
namespace {

namespace fs = std::filesystem;

std::vector<pid_t> numbers_in(const fs::path& folder) {
    std::vector<pid_t> numbers;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        const std::string name = entry->path().filename();
        pid_t number = 0;
        const auto [rest, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (wrong == std::errc{} && rest == name.data() + name.size())
            numbers.push_back(number);
    }
    return numbers;
}

/// The value of a line of /proc/PID/status, such as "Threads"; empty when there is none.
std::string status_value(pid_t pid, const std::string& name) {
    std::istringstream lines(read_file(fmt::format("/proc/{}/status", pid)));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name + ":\t"))
            return line.substr(line.find_first_not_of(" \t", name.size() + 1));
    return {};
}

std::vector<std::string> split_at_nul(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, '\0');)
        words.push_back(word);
    return words;
}

std::uint64_t number_in(const std::string& text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

std::map<int, std::string> descriptors(pid_t pid) {
    std::map<int, std::string> result;
    const fs::path folder = fmt::format("/proc/{}/fd", pid);
    for (const pid_t number : numbers_in(folder)) {
        std::error_code gone;
        const std::string target = fs::read_symlink(folder / std::to_string(number), gone);
        if (!gone)
            result.emplace(number, target);
    }
    return result;
}

std::size_t settled_descriptors(pid_t pid) {
    std::size_t count = 0;
    auto since = std::chrono::steady_clock::now();
    (void)eventually([&] {
        const std::size_t now = descriptors(pid).size();
        if (now != count)
            since = std::chrono::steady_clock::now();
        count = now;
        return std::chrono::steady_clock::now() - since > 200ms;
    });
    return count;
}

std::vector<std::uint64_t> socket_inodes(pid_t pid) {
    constexpr std::string_view prefix = "socket:[";
    std::vector<std::uint64_t> inodes;
    for (const auto& [number, target] : descriptors(pid))
        if (target.starts_with(prefix))
            inodes.push_back(number_in(target.substr(prefix.size())));
    return inodes;
}

std::vector<pid_t> children(pid_t pid) {
    // /proc/PID/task/PID/children is documented as unreliable while children come and go.
    std::vector<pid_t> result;
    for (const pid_t one : numbers_in("/proc"))
        if (number_in(status_value(one, "PPid")) == static_cast<std::uint64_t>(pid))
            result.push_back(one);
    return result;
}

std::vector<pid_t> zombies_of(pid_t pid) {
    std::vector<pid_t> result;
    for (const pid_t one : children(pid))
        if (status_value(one, "State").starts_with("Z"))
            result.push_back(one);
    return result;
}

std::uint64_t rss_kib(pid_t pid) {
    return number_in(status_value(pid, "VmRSS"));
}

unsigned threads(pid_t pid) {
    return static_cast<unsigned>(number_in(status_value(pid, "Threads")));
}

std::vector<std::string> command_line(pid_t pid) {
    return split_at_nul(read_file(fmt::format("/proc/{}/cmdline", pid)));
}

void kill_process(pid_t pid, int signal) {
    if (pid <= 1)
        throw std::runtime_error(fmt::format("there is no process {} to send a signal to", pid));
    ::kill(pid, signal);
}

bool alive(pid_t pid) {
    const std::string state = status_value(pid, "State");
    return !state.empty() && state.front() != 'Z' && state.front() != 'X';
}

std::vector<pid_t> processes_with(const std::string& entry) {
    std::vector<pid_t> result;
    for (const pid_t one : numbers_in("/proc"))
        for (const std::string& word :
             split_at_nul(read_file(fmt::format("/proc/{}/environ", one))))
            if (word == entry)
                result.push_back(one);
    return result;
}

} // namespace support
