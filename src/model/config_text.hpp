// The configuration text of a generation: every file as it was read once, and its content hash.
// "What runs" is known by it even after the files changed.
#pragma once

#include <string>
#include <vector>

namespace reload {

struct ConfigFile {
    std::string path; ///< as the start line names it, or folder/file for a file of a folder
    std::string text;
};

struct ConfigText {
    std::vector<ConfigFile> files; ///< in the order in which the proxy reads them
    std::string hash;              ///< hash_of(files)
};

/// SHA-256 over every file's path, length and text, as lower-case hexadecimal digits.
[[nodiscard]] std::string hash_of(const std::vector<ConfigFile>& files);

} // namespace reload
