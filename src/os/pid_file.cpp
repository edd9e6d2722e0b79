#include "os/pid_file.hpp"

#include "port/unique_fd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/stat.h>

namespace reload {

Result<PidFile> PidFile::write(const std::filesystem::path& path) {
    const UniqueFd file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
    struct stat facts {};
    if (!file || ::fstat(file.get(), &facts) != 0)
        return errno_error(Stage::runtime, fmt::format("pid file {}", path.string()));
    if (!S_ISREG(facts.st_mode) || ::ftruncate(file.get(), 0) != 0)
        return plain_error(Stage::runtime, fmt::format("pid file {}", path.string()),
                           "not a regular file");
    const std::string text = fmt::format("{}\n", ::getpid());
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return errno_error(Stage::runtime, fmt::format("pid file {}", path.string()));
    return PidFile(path);
}

PidFile::~PidFile() {
    if (path_.empty())
        return;
    std::ifstream file(path_);
    pid_t pid = 0;
    if (file >> pid && pid == ::getpid())
        ::unlink(path_.c_str());
}

} // namespace reload
