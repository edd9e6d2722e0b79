#include "support/daemon.hpp"

#include "support/proc.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace support {
namespace {

namespace json = boost::json;

ProcessSetup setup_of(const Site& site, const DaemonSetup& daemon, const std::string& tag) {
    ProcessSetup setup;
    setup.argv = daemon.around;
    setup.argv.insert(setup.argv.end(), {RELOADD, "--runtime-dir", (site.folder / "run").string()});
    setup.argv.insert(setup.argv.end(), daemon.options.begin(), daemon.options.end());
    setup.argv.emplace_back("--");
    if (daemon.proxy.empty())
        setup.argv.insert(setup.argv.end(), {"haproxy", "-f", site.file});
    setup.argv.insert(setup.argv.end(), daemon.proxy.begin(), daemon.proxy.end());
    setup.environment = daemon.environment;
    setup.environment.push_back(tag);
    setup.folder = daemon.folder;
    return setup;
}

std::string new_tag() {
    static std::atomic<unsigned> count = 0;
    return fmt::format("TEST_TAG={}-{}", ::getpid(), ++count);
}

} // namespace

Daemon::Daemon(const Site& site, const DaemonSetup& setup, Begin)
    : tag_(new_tag()), socket_((site.folder / "run/control.sock").string()),
      process_(setup_of(site, setup, tag_)) {}

Daemon::Daemon(const Site& site, const DaemonSetup& setup) : Daemon(site, setup, Begin{}) {
    if (!setup.serves)
        return;
    const bool serves = eventually([this] { return !process_.running() || healthy(); }, 30s);
    if (!serves || !process_.running())
        throw std::runtime_error("reloadd does not serve; it said:\n" + log());
}

Daemon::~Daemon() {
    // First the supervisor, else it would replace what we kill.
    process_.signal(SIGSTOP);
    process_.signal(SIGKILL);
    (void)process_.ended(10s);
    const bool gone = eventually([this] {
        const std::vector<pid_t> left = processes();
        for (const pid_t pid : left)
            kill_process(pid, SIGKILL);
        return left.empty();
    });
    if (!gone)
        fmt::print(stderr, "processes with {} can't be killed\n", tag_);
    if (std::getenv("RELOAD_TEST_LOG") != nullptr) // for whoever wonders about a failed test
        fmt::print(stderr, "{}", log());
}

CommandResult Daemon::ctl(std::vector<std::string> words) const {
    words.insert(words.begin(), {RELOADCTL, "--socket", socket_});
    return run(std::move(words), 60s);
}

Process Daemon::start_ctl(std::vector<std::string> words) const {
    words.insert(words.begin(), {RELOADCTL, "--socket", socket_});
    ProcessSetup setup;
    setup.argv = std::move(words);
    return Process(setup);
}

Reload Daemon::reload() const {
    return to_reload(ctl({"reload", "--json"}));
}

json::object Daemon::status() const {
    return parse_object(ctl({"status", "--json"}).out);
}

bool Daemon::healthy() const {
    return ctl({"health"}).code() == 0;
}

std::optional<Ended> Daemon::stop() {
    process_.signal(SIGTERM);
    return process_.ended(5s);
}

std::vector<pid_t> Daemon::processes() const {
    std::vector<pid_t> result;
    for (const pid_t pid : processes_with(tag_))
        if (alive(pid))
            result.push_back(pid);
    return result;
}

Reload to_reload(const CommandResult& result) {
    return {result.code(), parse_object(result.out), result.err};
}

json::object parse_object(const std::string& text) {
    boost::system::error_code problem;
    const json::value value = json::parse(text, problem);
    return !problem && value.is_object() ? value.get_object() : json::object();
}

std::int64_t serving_id(const json::object& status) {
    const json::value* const id = status.if_contains("serving");
    return id != nullptr && id->is_number() ? id->to_number<std::int64_t>() : 0;
}

json::object generation(const json::object& status, std::int64_t id) {
    if (const json::value* const all = status.if_contains("generations"))
        for (const json::value& one : all->as_array())
            if (one.at("id").to_number<std::int64_t>() == id)
                return one.as_object();
    return {};
}

pid_t serving_pid(const json::object& status) {
    const json::object serving = generation(status, serving_id(status));
    return serving.empty() ? 0 : serving.at("pid").to_number<pid_t>();
}

std::multimap<std::string, std::uint64_t> sockets_of(const json::object& status) {
    std::multimap<std::string, std::uint64_t> result;
    if (const json::value* const all = status.if_contains("sockets"))
        for (const json::value& one : all->as_array())
            result.emplace(one.at("address").as_string().c_str(),
                           one.at("inode").to_number<std::uint64_t>());
    return result;
}

std::string text(const json::object& object, std::string_view name) {
    const json::value* const value =
        object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr)
        return {};
    return value->is_string() ? std::string(value->get_string().c_str()) : json::serialize(*value);
}

} // namespace support
