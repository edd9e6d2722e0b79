#include "engine/world.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace reload {

World::World(asio::any_io_executor on, const Config& asked, const Dialect& kind, Proxies& processes,
             Clock& time, EventSink sink)
    : executor(std::move(on)), config(asked), dialect(kind), proxies(processes), clock(time),
      events(std::move(sink)), stop(executor), tasks(executor) {}

GenerationPtr World::new_generation(std::shared_ptr<const ConfigText> text) {
    auto generation = std::make_shared<Generation>(executor, ++last_generation);
    generation->text = std::move(text);
    generation->started = clock.now();
    generation->started_at = std::chrono::system_clock::now();
    generations.push_back(generation);
    return generation;
}

void World::change(Generation& generation, GenerationEvent event, std::string detail) {
    const auto next = advance(generation.phase, event);
    if (!next)
        throw std::logic_error(fmt::format("generation {} in phase {} can't take event {}",
                                           generation.id, word(generation.phase),
                                           static_cast<int>(event)));
    generation.phase = *next;
    pid_t pid = generation.serving_pid;
    if (pid == 0 && generation.proxy)
        pid = generation.proxy->pid();
    events(PhaseChanged{generation.id, *next, pid, std::move(detail)});
    if (is_over(*next))
        forget(generation);
}

void World::forget(const Generation& generation) {
    std::erase_if(generations, [&](const GenerationPtr& one) { return one.get() == &generation; });
}

void World::notice(LogLevel level, std::string text) const {
    events(Notice{level, std::move(text)});
}

} // namespace reload
