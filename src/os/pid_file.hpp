// The pid file of the supervisor, removed with this object.
#pragma once

#include <reload/error.hpp>

#include <filesystem>

namespace reload {

class PidFile {
public:
    /// Writes our pid to `path`; does not follow a symbolic link.
    static Result<PidFile> write(const std::filesystem::path& path);

    PidFile(PidFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
    PidFile& operator=(PidFile&&) = delete;
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;
    /// Removes the file, if it still holds our pid.
    ~PidFile();

private:
    explicit PidFile(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

} // namespace reload
