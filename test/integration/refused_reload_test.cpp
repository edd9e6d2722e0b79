// What a reload that can't succeed does: it says why, and nothing else.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/load.hpp"
#include "support/load_checks.hpp"
#include "support/proc.hpp"

#include <csignal>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace support;

namespace {

/// What must not change: the process that serves, the sockets, the supervisor's descriptors.
struct Unchanged {
    explicit Unchanged(const Daemon& daemon) : daemon_(daemon), status_(daemon.status()) {}

    void check() const {
        const auto now = daemon_.status();
        CHECK(serving_id(now) == serving_id(status_));
        CHECK(serving_pid(now) == serving_pid(status_));
        CHECK(sockets_of(now) == sockets_of(status_));
        CHECK(now.at("generations").as_array().size() == 1);
        CHECK(eventually([&] { return children(daemon_.pid()).size() == 1; }));
    }

private:
    const Daemon& daemon_;
    boost::json::object status_;
};

/// A reloadd around a haproxy that fails on demand.
struct Rehearsal {
    explicit Rehearsal(std::vector<std::string> options = {})
        : control((site.folder / "misbehave").string()),
          daemon(site, {.options = std::move(options),
                        .proxy = {MISBEHAVING_PROXY, "-f", site.file},
                        .environment = {"MISBEHAVE=" + control}}) {}

    void misbehave(const std::string& how) const { write_file(control, how); }

    Site site;
    std::string control;
    Daemon daemon;
};

/// The candidate fails in this way: what the reload says, while nobody is lost.
Reload refused_by(const Rehearsal& rehearsal, const std::string& how,
                  std::chrono::milliseconds load_time = 2s) {
    const Unchanged unchanged(rehearsal.daemon);
    Load load({.targets = {rehearsal.site.address}, .keepalive = 20, .duration = load_time});
    rehearsal.misbehave(how);
    Reload reload = rehearsal.daemon.reload();
    unchanged.check();
    const LoadReport report = load.finish();
    CHECK_NOTHING_LOST(report);
    CHECK(report.served_by.size() == 1);
    UNSCOPED_INFO("reload " << reload.code << " " << boost::json::serialize(reload.report) << " "
                            << reload.err);
    return reload;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a configuration that the check refuses changes nothing, and its fault is shown") {
    Site site;
    Daemon daemon(site);
    const Unchanged unchanged(daemon);
    Load load({.targets = {site.address}, .keepalive = 50, .duration = 2s});

    site.write_broken();
    const CommandResult shown = daemon.ctl({"reload"});
    const Reload reload = daemon.reload();
    CHECK(shown.code() == 10);
    CHECK(contains(shown.out, "rejected at check"));
    CHECK(contains(shown.out, "unknown keyword 'no-such-keyword' in 'frontend' section"));
    CHECK(contains(shown.out, "nothing was touched, generation 1 serves"));
    CHECK(reload.code == 10);
    CHECK(text(reload.report, "result") == "rejected");
    CHECK(text(reload.report, "stage") == "check");
    CHECK(text(reload.report, "from") == "1");
    CHECK(text(reload.report, "to") == "null");
    CHECK(contains(text(reload.report, "reason"), "unknown keyword 'no-such-keyword'"));
    CHECK(contains(text(reload.report, "proxy_output"), site.file));
    unchanged.check();
    const CommandResult check = daemon.ctl({"check"});
    CHECK(check.code() == 10);
    CHECK(contains(check.out, "unknown keyword 'no-such-keyword'"));
    CHECK(daemon.status().at("config").at("differs_from_disk").as_bool());

    const LoadReport report = load.finish();
    CHECK_NOTHING_LOST(report);
    CHECK(report.served_by.size() == 1);
}

TEST_CASE("a port that somebody else holds is named, with its holder, and nothing changes") {
    Site site;
    Daemon daemon(site);
    const Unchanged unchanged(daemon);
    const std::uint16_t busy = free_port();
    Load load({.targets = {site.address}, .rate = 3000, .keepalive = 50, .duration = 4s});
    {
        const Listener holder(busy);
        site.config.binds = {site.address, fmt::format("127.0.0.1:{}", busy)};
        site.write();
        CHECK(daemon.ctl({"check"}).code() == 0);
        const Reload reload = daemon.reload();
        INFO(boost::json::serialize(reload.report));
        CHECK(reload.code == 11);
        const std::string reason = text(reload.report, "reason");
        CHECK(contains(reason, fmt::format("127.0.0.1:{}: Address already in use", busy)));
        CHECK(contains(reason, fmt::format("pid {})", ::getpid())));
        unchanged.check();
    }
    CHECK(daemon.reload().code == 0); // and as soon as it is free, all is well
    CHECK_NOTHING_LOST(load.finish());
}

TEST_CASE("a candidate that crashes at its start changes nothing") {
    const Rehearsal rehearsal;
    const Reload reload = refused_by(rehearsal, "crash");
    CHECK(reload.code == 11);
    CHECK(contains(text(reload.report, "reason"), "killed by signal 11"));
}

TEST_CASE("a candidate that leaves at its start changes nothing") {
    const Rehearsal rehearsal;
    const Reload reload = refused_by(rehearsal, "exit");
    CHECK(reload.code == 11);
    CHECK(contains(text(reload.report, "reason"), "exit code 3"));
}

TEST_CASE("a candidate that says what is no text, and leaves, changes nothing") {
    const Rehearsal rehearsal;
    const Reload reload = refused_by(rehearsal, "garbage");
    CHECK(reload.code == 11);
    CHECK(text(reload.report, "result") == "rejected");
    CHECK(rehearsal.daemon.ctl({"status"}).code() == 0);
    CHECK_FALSE(rehearsal.daemon.status().empty());
}

TEST_CASE("a candidate that says what is no text, and serves, is as good as any") {
    const Rehearsal rehearsal;
    rehearsal.misbehave("babble");
    const Reload reload = rehearsal.daemon.reload();
    INFO(boost::json::serialize(reload.report) << reload.err);
    CHECK(reload.code == 0);
    CHECK(comes_to_serve(rehearsal.site.address, "2"));
}

TEST_CASE("a candidate that hangs is given up at the deadline, and nothing changes") {
    const Rehearsal rehearsal({"--ready-timeout", "700ms"});
    const Reload reload = refused_by(rehearsal, "hang");
    CHECK(reload.code == 11);
    CHECK(text(reload.report, "reason") == "not ready within 700.0ms");
}

TEST_CASE("a candidate that hangs and is deaf to signals is killed, and nothing changes") {
    const Rehearsal rehearsal({"--ready-timeout", "300ms"});
    const Reload reload = refused_by(rehearsal, "deaf", 4s);
    CHECK(reload.code == 11);
    CHECK(text(reload.report, "reason") == "not ready within 300.0ms");
}

TEST_CASE("a check that never ends is given up at the deadline, and nothing changes") {
    const Rehearsal rehearsal({"--check-timeout", "700ms"});
    const Reload reload = refused_by(rehearsal, "check-hang");
    CHECK(reload.code == 10);
    CHECK(contains(text(reload.report, "reason"), "did not end within 700.0ms"));
}

TEST_CASE("a check that crashes changes nothing") {
    const Rehearsal rehearsal;
    const Reload reload = refused_by(rehearsal, "check-crash");
    CHECK(reload.code == 10);
    CHECK(contains(text(reload.report, "reason"), "killed by signal 11"));
}

TEST_CASE("a proxy binary that is gone, or can't be run, changes nothing") {
    Site site;
    const std::string binary = (site.folder / "haproxy").string();
    std::filesystem::create_symlink("/usr/sbin/haproxy", binary);
    Daemon daemon(site, {.proxy = {binary, "-f", site.file}});
    const Unchanged unchanged(daemon);
    Load load({.targets = {site.address}, .keepalive = 20, .duration = 2s});

    std::filesystem::remove(binary);
    Reload reload = daemon.reload();
    CHECK((reload.code == 10 || reload.code == 11));
    CHECK(contains(text(reload.report, "reason"), binary));
    CHECK(contains(text(reload.report, "reason"), "No such file or directory"));

    write_file(binary, "not a program");
    ::chmod(binary.c_str(), 0644);
    reload = daemon.reload();
    CHECK((reload.code == 10 || reload.code == 11));
    CHECK(contains(text(reload.report, "reason"), "Permission denied"));
    unchanged.check();

    std::filesystem::remove(binary);
    std::filesystem::create_symlink("/usr/sbin/haproxy", binary);
    CHECK(daemon.reload().code == 0);
    CHECK_NOTHING_LOST(load.finish());
}

TEST_CASE("a configuration that is gone from the disk changes nothing") {
    Site site;
    Daemon daemon(site);
    const Unchanged unchanged(daemon);
    std::filesystem::remove(site.file);
    const Reload reload = daemon.reload();
    CHECK(reload.code == 10);
    CHECK(text(reload.report, "reason") == site.file + ": No such file or directory");
    unchanged.check();
    CHECK(served_by(site.address) == "1");
}

TEST_CASE("a caller that is killed in mid reload changes nothing about the reload") {
    const Rehearsal rehearsal;
    Load load({.targets = {rehearsal.site.address}, .keepalive = 20, .duration = 4s});
    rehearsal.misbehave("late");
    {
        Process caller = rehearsal.daemon.start_ctl({"reload"});
        CHECK(eventually([&] { return contains(caller.out(), "check"); }));
        caller.signal(SIGKILL);
        CHECK(caller.ended(5s));
    }
    CHECK(serving_id(rehearsal.daemon.status()) == 1);
    CHECK(eventually([&] { return serving_id(rehearsal.daemon.status()) == 2; }));
    CHECK_NOTHING_LOST(load.finish());
}
