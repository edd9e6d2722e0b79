// The runtime folder of an instance: private, ours, never what another user planted. Holds the lock
// that makes a name unique and the control socket.
#pragma once

#include "port/unique_fd.hpp"

#include <reload/error.hpp>

#include <filesystem>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace reload {

inline constexpr const char* control_socket_name = "control.sock";

/// The folders below which instances of this user keep theirs, nearest first. One in a shared place
/// may have been planted by somebody else: see is_trusted().
[[nodiscard]] std::vector<std::filesystem::path> runtime_folders();

/// True for a real folder that belongs to root or to us and that nobody else may write to.
[[nodiscard]] bool is_trusted(const std::filesystem::path& folder);

class RuntimeDir {
public:
    /// Makes the folder (and its parents) if needed, makes sure that it is a real folder of ours
    /// that nobody else can write to, and takes the lock. `mode` and `group` are those of the
    /// control socket: others that may use it may also pass through the folder.
    static Result<RuntimeDir> open(const std::filesystem::path& path, mode_t mode, gid_t group);

    RuntimeDir(RuntimeDir&&) noexcept = default;
    RuntimeDir& operator=(RuntimeDir&&) = delete;
    RuntimeDir(const RuntimeDir&) = delete;
    RuntimeDir& operator=(const RuntimeDir&) = delete;
    /// Removes what was made in it, and the folder if it is then empty.
    ~RuntimeDir();

    /// A listening Unix socket; replaces the one of a dead supervisor.
    Result<UniqueFd> listen_control(mode_t mode, gid_t group);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    RuntimeDir(std::filesystem::path path, UniqueFd folder)
        : path_(std::move(path)), folder_(std::move(folder)) {}
    Result<void> take_lock();
    Result<void> lock_file(int lock) const;

    std::filesystem::path path_;
    UniqueFd folder_;
    UniqueFd lock_;
};

} // namespace reload
