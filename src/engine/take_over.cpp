#include "engine/take_over.hpp"

#include "engine/recover.hpp"
#include "model/socket_plan.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>
#include <map>

namespace reload {

namespace {

/// The sockets at one address, where the new generation opened others than it was given. That is
/// HAProxy's own doing: 2.6 does not recognise a socket bound to a single IPv6 address, because the
/// kernel marks it v6only when it is bound, whatever the `bind` line says (src/sock.c,
/// sock_find_compatible_fd; `v6only` on the line avoids it).
struct Rebound {
    std::vector<ListeningSocketPtr> left_behind;
    std::vector<ListeningSocketPtr> fresh;
    unsigned kept = 0;
};

std::map<std::string, Rebound> find_rebound(const TakeOver& take_over) {
    std::map<std::string, Rebound> by_address;
    for (const ListeningSocketPtr& socket : take_over.closing)
        if (socket->type == "tcp")
            by_address[socket->address].left_behind.push_back(socket);
    for (const ListeningSocketPtr& socket : take_over.adopted)
        if (const auto found = by_address.find(socket->address); found != by_address.end())
            found->second.fresh.push_back(socket);
    for (const ListeningSocketPtr& socket : take_over.kept)
        if (const auto found = by_address.find(socket->address); found != by_address.end())
            ++found->second.kept;
    std::erase_if(by_address, [](const auto& entry) { return entry.second.fresh.empty(); });
    return by_address;
}

/// What waits in the queue of a socket is reset when its last holder closes it. So where the new
/// generation has sockets of its own at an address, new connections go to these alone from now on,
/// and the old generation empties the old queues before it is told to drain.
void leave_queues_to(World& world, Generation& before, const TakeOver& take_over) {
    for (const auto& [address, rebound] : find_rebound(take_over)) {
        const ListeningSocketPtr& member = rebound.fresh.front();
        const auto older = static_cast<unsigned>(rebound.left_behind.size()) + rebound.kept;
        if (!world.proxies.steer_to_latest(*member, older,
                                           static_cast<unsigned>(rebound.fresh.size()))) {
            world.notice(LogLevel::warning,
                         address + ": the proxy opened a socket of its own; connections that wait "
                                   "in the old one's queue now are lost");
            continue;
        }
        before.steered.push_back(member);
        before.left_behind.insert(before.left_behind.end(), rebound.left_behind.begin(),
                                  rebound.left_behind.end());
    }
}

} // namespace

Awaitable<Result<TakeOver>> prepare_take_over(World& world, GenerationPtr generation) {
    using namespace asio::experimental::awaitable_operators;
    auto outcome =
        co_await (generation->proxy->collect_sockets() ||
                  world.clock.sleep_for(world.config.ready_timeout) || world.stop.wait());
    if (outcome.index() == 2)
        co_return plain_error(Stage::stop, "", "asked to stop");
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
    world.held = take_over.kept;
    world.held.insert(world.held.end(), take_over.adopted.begin(), take_over.adopted.end());

    if (world.recovery_called_off)
        world.recovery_called_off->set();
    GenerationPtr before = std::exchange(world.serving, generation);
    if (before)
        leave_queues_to(world, *before, take_over);
    world.change(*generation, GenerationEvent::committed,
                 fmt::format("sockets={}", world.held.size()));
    world.tasks.start(guard(world, std::move(generation)));
    return before;
}

} // namespace reload
