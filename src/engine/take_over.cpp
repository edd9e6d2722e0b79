#include "engine/take_over.hpp"

#include "engine/recover.hpp"
#include "model/socket_plan.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace reload {

Awaitable<Result<TakeOver>> prepare_take_over(World& world, GenerationPtr generation) {
    using namespace asio::experimental::awaitable_operators;
    auto outcome = co_await (generation->proxy->collect_sockets() ||
                             world.clock.sleep_for(world.config.ready_timeout));
    if (outcome.index() == 1)
        co_return plain_error(Stage::ready, "listening sockets", "not told within the deadline");
    auto& collected = std::get<0>(outcome);
    if (!collected)
        co_return collected.error();

    std::vector<HeldInode> held;
    for (const ListeningSocketPtr& socket : world.held)
        held.push_back({socket->inode, !socket->listen_name.empty()});
    std::vector<std::uint64_t> offered;
    for (const ListeningSocket& socket : *collected)
        offered.push_back(socket.inode);
    const SocketPlan plan = plan_sockets(held, offered);

    TakeOver take_over;
    std::vector<bool> closing(world.held.size(), false);
    for (const std::size_t i : plan.close)
        closing[i] = true;
    for (std::size_t i = 0; i < world.held.size(); ++i)
        (closing[i] ? take_over.closing : take_over.kept).push_back(world.held[i]);
    for (const std::size_t i : plan.adopt)
        take_over.adopted.push_back(
            std::make_shared<const ListeningSocket>(std::move((*collected)[i])));
    co_return take_over;
}

GenerationPtr make_serving(World& world, GenerationPtr generation, TakeOver take_over) {
    for (const ListeningSocketPtr& socket : take_over.closing)
        world.proxies.retire(*socket);
    world.held = std::move(take_over.kept);
    world.held.insert(world.held.end(), take_over.adopted.begin(), take_over.adopted.end());

    if (world.recovery_called_off)
        world.recovery_called_off->set();
    GenerationPtr before = std::exchange(world.serving, generation);
    world.change(*generation, GenerationEvent::committed,
                 fmt::format("sockets={}", world.held.size()));
    world.tasks.start(guard(world, std::move(generation)));
    return before;
}

} // namespace reload
