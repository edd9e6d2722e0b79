// The life of one generation as a pure function. Owns no process and no descriptor.
//
//              answered   committed   told_to_drain   left     refused
//   starting   ready      -           -               failed   failed
//   ready      -          serving     draining        failed   failed
//   serving    -          -           draining        gone     -
//   draining   -          -           -               gone     -
//   gone, failed: the end, nothing follows
//
// A candidate that was ready when it was given up drains: it may have accepted connections.
//
// `probation` and `paused` of the product's vocabulary get their rows when a generation can be
// watched before its commit.
#pragma once

#include <reload/status.hpp>

#include <array>
#include <optional>

namespace reload {

enum class GenerationEvent {
    answered,      ///< the new process answered on its admin channel
    committed,     ///< it is the serving one from now on
    told_to_drain, ///< it was asked to finish its connections and leave
    left,          ///< its process ended
    refused,       ///< it was given up before it served
};

inline constexpr std::array all_phases{Phase::starting, Phase::ready, Phase::serving,
                                       Phase::draining, Phase::gone,  Phase::failed};
inline constexpr std::array all_generation_events{
    GenerationEvent::answered, GenerationEvent::committed, GenerationEvent::told_to_drain,
    GenerationEvent::left, GenerationEvent::refused};

/// The phase that follows, or nothing where the event has no meaning in that phase.
[[nodiscard]] std::optional<Phase> advance(Phase phase, GenerationEvent event) noexcept;

/// True for gone and failed.
[[nodiscard]] bool is_over(Phase phase) noexcept;

} // namespace reload
