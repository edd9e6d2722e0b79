#include "os/runtime_dir.hpp"

#include <reload/config.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace reload {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = "lock";

/// A folder of a user in a shared place such as /tmp, where anybody could have been first.
Result<void> make_private(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return errno_error(Stage::runtime, folder.string());
    struct stat facts {};
    if (::lstat(folder.c_str(), &facts) != 0)
        return errno_error(Stage::runtime, folder.string());
    if (!S_ISDIR(facts.st_mode) || facts.st_uid != ::geteuid() || (facts.st_mode & 022) != 0)
        return plain_error(Stage::runtime, folder.string(),
                           "not a private folder of this user; somebody else may have planted it");
    return {};
}

Result<void> make_parents(const fs::path& path) {
    const fs::path parent = path.parent_path();
    std::error_code problem;
    if (parent.empty() || fs::is_directory(parent, problem))
        return {};
    const std::string private_parent = fmt::format("/tmp/reloadd-{}", ::geteuid());
    if (parent == private_parent)
        return {}; // made below, with care
    fs::create_directories(parent, problem);
    if (problem)
        return Error{Stage::runtime, parent.string(), problem, {}};
    return {};
}

} // namespace

std::vector<fs::path> runtime_folders() {
    if (::geteuid() == 0)
        return {"/run/reloadd"};
    std::vector<fs::path> folders;
    const char* const session = std::getenv("XDG_RUNTIME_DIR");
    if (session != nullptr && *session == '/')
        folders.push_back(fs::path(session) / "reloadd");
    folders.emplace_back(fmt::format("/tmp/reloadd-{}", ::geteuid()));
    return folders;
}

bool is_trusted(const fs::path& folder) {
    struct stat facts {};
    return ::lstat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) &&
           (facts.st_uid == 0 || facts.st_uid == ::geteuid()) && (facts.st_mode & 022) == 0;
}

fs::path default_runtime_dir(const std::string& name) {
    return runtime_folders().front() / name;
}

Result<RuntimeDir> RuntimeDir::open(const fs::path& path, mode_t mode, gid_t group) {
    if (auto made = make_parents(path); !made)
        return made.error();
    if (path.parent_path() == fmt::format("/tmp/reloadd-{}", ::geteuid()))
        if (auto made = make_private(path.parent_path()); !made)
            return made.error();
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return errno_error(Stage::runtime, path.string());

    UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) {
        Error error = errno_error(Stage::runtime, path.string());
        if (error.code == std::errc::not_a_directory ||
            error.code == std::errc::too_many_symbolic_link_levels)
            error.detail = "not a folder; somebody else may have planted it";
        return error;
    }
    struct stat facts {};
    if (::fstat(folder.get(), &facts) != 0)
        return errno_error(Stage::runtime, path.string());
    if (facts.st_uid != ::geteuid())
        return plain_error(Stage::runtime, path.string(),
                           fmt::format("belongs to user {}, not to us; somebody else may have "
                                       "planted it",
                                       facts.st_uid));
    if ((facts.st_mode & 022) != 0)
        return plain_error(Stage::runtime, path.string(),
                           fmt::format("others may write to it (mode {:o}); expected 0700",
                                       facts.st_mode & 07777));
    RuntimeDir runtime(path, std::move(folder));
    if (auto locked = runtime.take_lock(); !locked)
        return locked.error();
    // Passing through needs the x bit where the socket itself may be used by others.
    const mode_t pass = 0700 | ((mode & 0060) != 0 ? 0010 : 0) | ((mode & 0006) != 0 ? 0001 : 0);
    if (::fchmod(runtime.folder_.get(), pass) != 0 ||
        ((mode & 0060) != 0 && ::fchown(runtime.folder_.get(), static_cast<uid_t>(-1), group) != 0))
        return errno_error(Stage::runtime, path.string());
    return runtime;
}

Result<void> RuntimeDir::take_lock() {
    UniqueFd lock;
    struct stat opened {};
    struct stat present {};
    // Whoever leaves removes the file: a lock on a file that is gone by then locks nothing.
    do {
        lock.reset(
            ::openat(folder_.get(), lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!lock || ::fstat(lock.get(), &opened) != 0)
            return errno_error(Stage::runtime, (path_ / lock_name).string());
        if (auto locked = lock_file(lock.get()); !locked)
            return locked.error();
    } while (::fstatat(folder_.get(), lock_name, &present, AT_SYMLINK_NOFOLLOW) != 0 ||
             present.st_ino != opened.st_ino);
    const std::string text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock.get(), 0) != 0 ||
        ::pwrite(lock.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        return errno_error(Stage::runtime, (path_ / lock_name).string());
    lock_ = std::move(lock);
    return {};
}

Result<void> RuntimeDir::lock_file(int lock) const {
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0)
        return {};
    std::array<char, 16> pid{};
    const ssize_t size = ::pread(lock, pid.data(), pid.size(), 0);
    std::string_view number(pid.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    number = number.substr(0, number.find('\n'));
    return plain_error(Stage::runtime, path_.string(),
                       fmt::format("another supervisor runs here (pid {}); give this one a name of "
                                   "its own with --name",
                                   number.empty() ? "unknown" : number));
}

Result<UniqueFd> RuntimeDir::listen_control(mode_t mode, gid_t group) {
    const fs::path path = path_ / control_socket_name;
    // Through the folder's descriptor: what the path leads to may have been exchanged since.
    const std::string temporary = fmt::format("/proc/self/fd/{}/new.sock", folder_.get());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, temporary.c_str(), temporary.size() + 1);
    if (path.string().size() >= sizeof(address.sun_path))
        return plain_error(Stage::runtime, path.string(), "longer than a socket path can be");

    ::unlinkat(folder_.get(), "new.sock", 0);
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const mode_t before = ::umask(0177); // private from its first moment on
    const bool bound =
        socket && ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    const int cause = errno;
    ::umask(before);
    errno = cause;
    if (!bound)
        return errno_error(Stage::runtime, path.string());
    const bool grouped = (mode & 0060) != 0;
    if ((grouped && ::fchownat(folder_.get(), "new.sock", static_cast<uid_t>(-1), group,
                               AT_SYMLINK_NOFOLLOW) != 0) ||
        ::fchmodat(folder_.get(), "new.sock", mode, 0) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0 ||
        ::renameat(folder_.get(), "new.sock", folder_.get(), control_socket_name) != 0)
        return errno_error(Stage::runtime, path.string());
    return socket;
}

RuntimeDir::~RuntimeDir() {
    if (!folder_ || !lock_)
        return; // moved from, or the folder is another supervisor's
    ::unlinkat(folder_.get(), control_socket_name, 0);
    ::unlinkat(folder_.get(), lock_name, 0);
    ::rmdir(path_.c_str()); // stays if somebody keeps something in it
}

} // namespace reload
