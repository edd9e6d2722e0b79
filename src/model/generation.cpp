#include "model/generation.hpp"

namespace reload {

std::optional<Phase> advance(Phase phase, GenerationEvent event) noexcept {
    switch (phase) {
    case Phase::starting:
    case Phase::ready:
        switch (event) {
        case GenerationEvent::answered:
            return phase == Phase::starting ? std::optional{Phase::ready} : std::nullopt;
        case GenerationEvent::committed:
            return phase == Phase::ready ? std::optional{Phase::serving} : std::nullopt;
        case GenerationEvent::left:
        case GenerationEvent::refused:
            return Phase::failed;
        case GenerationEvent::told_to_drain:
            return phase == Phase::ready ? std::optional{Phase::draining} : std::nullopt;
        }
        break;
    case Phase::serving:
        if (event == GenerationEvent::told_to_drain)
            return Phase::draining;
        if (event == GenerationEvent::left)
            return Phase::gone;
        return std::nullopt;
    case Phase::draining:
        return event == GenerationEvent::left ? std::optional{Phase::gone} : std::nullopt;
    case Phase::gone:
    case Phase::failed:
        return std::nullopt;
    }
    return std::nullopt;
}

bool is_over(Phase phase) noexcept {
    return phase == Phase::gone || phase == Phase::failed;
}

} // namespace reload
