// Error values: what failed (stage), on what (subject), why (cause). They are carried by Result and
// become one line, printed once, at the edge. Exceptions mean bugs or exhaustion.
#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace reload {

/// Where in the story something failed; the words are those of `reloadctl reload --json`.
enum class Stage { options, runtime, control, snapshot, check, start, ready, commit, stop };

/// The word of a stage as it is printed: "check", "ready", ...
[[nodiscard]] std::string_view word(Stage stage) noexcept;

/// A failure as a value. At least one of `code` and `detail` says why.
struct Error {
    Stage stage = Stage::runtime;
    std::string subject;  ///< what it happened to: a path, an address, an option; may be empty
    std::error_code code; ///< the kernel's reason, where there is one
    std::string detail;   ///< a reason in words, where there is no code or it needs more
};

/// One line without newline: "bind 127.0.0.1:80: Address already in use".
[[nodiscard]] std::string to_line(const Error& error);

/// An error that carries `errno` as its cause; reads errno, so call it first.
[[nodiscard]] Error errno_error(Stage stage, std::string subject);

/// An error that is explained by words alone.
[[nodiscard]] Error plain_error(Stage stage, std::string subject, std::string detail);

/// A value or an Error. `value()` on an error throws std::runtime_error (a bug in the caller).
template <class T>
using Result = boost::system::result<T, Error>;

/// Found by argument-dependent lookup by boost::system::result.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

} // namespace reload
