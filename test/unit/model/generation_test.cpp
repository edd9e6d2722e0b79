#include "model/generation.hpp"

#include "support/catch.hpp"

#include <map>
#include <utility>

using namespace reload;

TEST_CASE("every phase and event leads where the table says, and nowhere else") {
    using enum GenerationEvent;
    const std::map<std::pair<Phase, GenerationEvent>, Phase> table{
        {{Phase::starting, answered}, Phase::ready},
        {{Phase::starting, left}, Phase::failed},
        {{Phase::starting, refused}, Phase::failed},
        {{Phase::ready, committed}, Phase::serving},
        {{Phase::ready, told_to_drain}, Phase::draining},
        {{Phase::ready, left}, Phase::failed},
        {{Phase::ready, refused}, Phase::failed},
        {{Phase::serving, told_to_drain}, Phase::draining},
        {{Phase::serving, left}, Phase::gone},
        {{Phase::draining, left}, Phase::gone},
    };
    for (const Phase phase : all_phases)
        for (const GenerationEvent event : all_generation_events) {
            const auto expected = table.find({phase, event});
            const auto next = advance(phase, event);
            CAPTURE(word(phase), static_cast<int>(event));
            if (expected == table.end())
                CHECK_FALSE(next.has_value());
            else
                CHECK(next == expected->second);
        }
}
