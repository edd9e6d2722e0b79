#include "model/socket_plan.hpp"

#include "support/catch.hpp"

using namespace reload;

namespace {

using Indices = std::vector<std::size_t>;
constexpr bool bound_by_us = true;

} // namespace

TEST_CASE("the first generation's sockets are all adopted") {
    const SocketPlan plan = plan_sockets({}, {11, 12});
    CHECK(plan.adopt == Indices{0, 1});
    CHECK(plan.close.empty());
}

TEST_CASE("sockets that the new generation still has are neither adopted again nor closed") {
    const SocketPlan plan = plan_sockets({{11}, {12}}, {12, 11});
    CHECK(plan.adopt.empty());
    CHECK(plan.close.empty());
}

TEST_CASE("a socket that the new generation does not have is closed, one that it opened adopted") {
    const SocketPlan plan = plan_sockets({{11}, {12}, {13}}, {12, 14});
    CHECK(plan.adopt == Indices{1});
    CHECK(plan.close == Indices{0, 2});
}

TEST_CASE("a socket that was bound by us is held whether or not a configuration uses it") {
    const SocketPlan plan = plan_sockets({{11, bound_by_us}, {12}}, {});
    CHECK(plan.close == Indices{1});
    CHECK(plan_sockets({{11, bound_by_us}}, {11}).adopt.empty());
}

TEST_CASE("a socket that is offered twice is adopted once") {
    CHECK(plan_sockets({}, {11, 11, 12, 11}).adopt == Indices{0, 2});
    CHECK(plan_sockets({{11}}, {11, 11}).adopt.empty());
}

TEST_CASE("nothing held and nothing offered is a plan that does nothing") {
    const SocketPlan plan = plan_sockets({}, {});
    CHECK(plan.adopt.empty());
    CHECK(plan.close.empty());
}
