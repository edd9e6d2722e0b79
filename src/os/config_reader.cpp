#include "os/config_reader.hpp"

#include "port/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace reload {
namespace {

namespace fs = std::filesystem;

/// More than any configuration; keeps a wrong path from eating the memory.
constexpr off_t largest_file = off_t{256} << 20;

Result<std::string> read_file(const std::string& shown, const fs::path& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file)
        return errno_error(Stage::snapshot, shown);
    struct stat facts {};
    if (::fstat(file.get(), &facts) != 0)
        return errno_error(Stage::snapshot, shown);
    if (!S_ISREG(facts.st_mode))
        return plain_error(Stage::snapshot, shown,
                           "not a regular file: what can be read only once can't be reloaded");
    if (facts.st_size > largest_file)
        return plain_error(Stage::snapshot, shown, "larger than 256 MiB");
    std::string text;
    text.resize(static_cast<std::size_t>(facts.st_size) + 1);
    std::size_t used = 0;
    for (;;) {
        if (used == text.size())
            text.resize(text.size() * 2); // it grew meanwhile
        const ssize_t size = ::read(file.get(), text.data() + used, text.size() - used);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return errno_error(Stage::snapshot, shown);
        if (size == 0)
            break;
        used += static_cast<std::size_t>(size);
        if (used > static_cast<std::size_t>(largest_file))
            return plain_error(Stage::snapshot, shown, "larger than 256 MiB");
    }
    text.resize(used);
    return text;
}

Result<std::vector<std::string>> files_of_folder(const Dialect& dialect, const std::string& shown,
                                                 const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        const std::string name = entry->path().filename();
        std::error_code gone;
        if (dialect.is_config_file(name) && fs::is_regular_file(entry->path(), gone))
            names.push_back(name);
    }
    if (problem)
        return Error{Stage::snapshot, shown, problem, {}};
    std::sort(names.begin(), names.end());
    for (std::string& name : names)
        name = (fs::path(shown) / name).string();
    return names;
}

} // namespace

Result<ConfigText> read_config_text(const Dialect& dialect, const StartLine& line) {
    const fs::path base(line.working_folder);
    ConfigText config;
    for (const std::string& path : line.config_paths) {
        std::vector<std::string> files{path};
        std::error_code ignored;
        if (fs::is_directory(base / path, ignored)) {
            auto found = files_of_folder(dialect, path, base / path);
            if (!found)
                return found.error();
            files = std::move(*found);
        }
        for (std::string& file : files) {
            auto text = read_file(file, base / file);
            if (!text)
                return text.error();
            config.files.push_back({std::move(file), std::move(*text)});
        }
    }
    config.hash = hash_of(config.files);
    return config;
}

} // namespace reload
