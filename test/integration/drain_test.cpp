// What becomes of a generation that has been replaced.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/proc.hpp"

#include <memory>

using namespace support;

namespace {

/// The entry of one generation in the status; empty when it is gone.
boost::json::object look_at(const Daemon& daemon, std::int64_t id) {
    return generation(daemon.status(), id);
}

} // namespace

TEST_CASE("a held request keeps its generation draining, counted, until it is answered") {
    Site site;
    Daemon daemon(site);
    HeldRequest held(site.address);
    HeldRequest other(site.address);
    CHECK(eventually([&] { return text(look_at(daemon, 1), "connections") == "2"; }));
    REQUIRE(daemon.reload().code == 0);

    const auto draining = look_at(daemon, 1);
    CHECK(text(draining, "phase") == "draining");
    CHECK(text(draining, "connections") == "2");
    CHECK(comes_to_serve(site.address, "2"));

    const auto answer = held.finish();
    REQUIRE(answer);
    CHECK(answer->served_by == "1");
    CHECK(eventually([&] { return text(look_at(daemon, 1), "connections") == "1"; }));
    REQUIRE(other.finish());
    CHECK(eventually([&] { return look_at(daemon, 1).empty(); }));
    CHECK(daemon.log().find("generation=1 phase=gone") != std::string::npos);
}

TEST_CASE("reload --wait-drain returns when the old generation is gone") {
    Site site;
    Daemon daemon(site);
    HeldRequest held(site.address);
    CHECK(eventually([&] { return text(look_at(daemon, 1), "connections") == "1"; }));
    Process caller = daemon.start_ctl({"reload", "--wait-drain"});
    CHECK(eventually([&] { return serving_id(daemon.status()) == 2; }));
    CHECK(caller.running());
    REQUIRE(held.finish());
    CHECK(caller.ended(10s) == Ended{0, 0});
}

TEST_CASE("a drain that takes longer than --drain-timeout is ended") {
    Site site;
    Daemon daemon(site, {.options = {"--drain-timeout", "1s"}});
    HeldRequest held(site.address);
    CHECK(eventually([&] { return text(look_at(daemon, 1), "connections") == "1"; }));
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(daemon.reload().code == 0);
    CHECK(eventually([&] { return held.closed(); }, 5s));
    CHECK(std::chrono::steady_clock::now() - began >= 1s);
    CHECK(eventually([&] { return look_at(daemon, 1).empty(); }));
    CHECK(daemon.log().find("generation=1 drain cut short, connections=1") != std::string::npos);
    CHECK(comes_to_serve(site.address, "2"));
}

TEST_CASE("without --drain-timeout a drain takes as long as its last connection") {
    Site site;
    Daemon daemon(site);
    HeldRequest held(site.address);
    CHECK(eventually([&] { return text(look_at(daemon, 1), "connections") == "1"; }));
    for (int i = 0; i < 5; ++i)
        REQUIRE(daemon.reload().code == 0);
    CHECK(text(look_at(daemon, 1), "phase") == "draining");
    CHECK_FALSE(held.closed());
    const auto answer = held.finish();
    REQUIRE(answer);
    CHECK(answer->served_by == "1");
}

TEST_CASE("beyond --max-generations the oldest draining generation is ended") {
    Site site;
    Daemon daemon(site, {.options = {"--max-generations", "2"}});
    std::vector<std::unique_ptr<HeldRequest>> held;
    for (int id = 1; id <= 3; ++id) {
        CHECK(comes_to_serve(site.address, std::to_string(id)));
        // The one before may accept for a moment yet: the request must be held by this generation.
        CHECK(eventually([&] {
            held.push_back(std::make_unique<HeldRequest>(site.address));
            return eventually([&] { return text(look_at(daemon, id), "connections") == "1"; },
                              300ms);
        }));
        REQUIRE(daemon.reload().code == 0);
    }
    CHECK(eventually([&] { return look_at(daemon, 1).empty(); }));
    CHECK(held.front()->closed());
    for (const std::int64_t id : {2, 3})
        CHECK(text(look_at(daemon, id), "phase") == "draining");
    const auto answer = held.back()->finish();
    REQUIRE(answer);
    CHECK(answer->served_by == "3");
}

TEST_CASE("a draining generation costs the supervisor nothing once it is gone") {
    Site site;
    Daemon daemon(site);
    REQUIRE(daemon.reload().code == 0);
    CHECK(eventually([&] { return look_at(daemon, 1).empty(); }));
    const std::size_t before = settled_descriptors(daemon.pid());
    {
        HeldRequest held(site.address);
        CHECK(eventually([&] { return text(look_at(daemon, 2), "connections") == "1"; }));
        REQUIRE(daemon.reload().code == 0);
    }
    CHECK(eventually([&] { return look_at(daemon, 2).empty(); }));
    CHECK(settled_descriptors(daemon.pid()) == before);
}
