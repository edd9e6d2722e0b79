// Steps 4 and 5 of a reload: start a generation and wait until it is ready. Used by the reload and
// by the recovery of a dead generation.
#pragma once

#include "engine/world.hpp"

namespace reload {

/// Which text a new generation runs.
enum class TextSource {
    disk,     ///< the files as they are on disk
    snapshot, ///< the text as it was read earlier
};

/// Why a generation did not come up.
struct BringUpFailure {
    Stage stage = Stage::start;
    std::string reason; ///< one line
    std::string output; ///< the proxy's own words
    std::optional<ExitStatus> exit;
};

/// A generation that is ready, or why there is none. Never both null.
struct BringUp {
    GenerationPtr generation;
    BringUpFailure failure;
};

/// Starts a generation with the held sockets and waits for its answer, racing its exit, the ready
/// deadline, a stop request and `called_off` (may be null). A generation that did not make it is
/// gone when this returns.
Awaitable<BringUp> bring_up(World& world, std::shared_ptr<const ConfigText> text, TextSource source,
                            std::shared_ptr<Latch> called_off);

/// What a generation that read the files itself runs, is only known if they stayed what we read.
/// False when they did not; `changed_while_loaded` says so in words.
[[nodiscard]] bool still_on_disk(World& world, const ConfigText& text);
inline constexpr const char* changed_while_loaded =
    "the configuration changed while it was being loaded";

/// Ends a generation that never served. One that was ready drains like any other, for it may have
/// accepted connections; one that was not is asked to leave and soon killed, and is gone when this
/// returns.
Awaitable<void> put_down(World& world, GenerationPtr generation, std::string reason);

} // namespace reload
