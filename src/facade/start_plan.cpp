#include "facade/start_plan.hpp"

#include "dialect/haproxy.hpp"
#include "model/environment.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <grp.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace reload {
namespace {

namespace fs = std::filesystem;

/// The program as a shell would find it, as an absolute path; links stay as they are, so that a
/// link that is pointed elsewhere takes effect at the next reload.
Result<std::string> find_program(const std::string& name) {
    const auto runnable = [](const fs::path& path) {
        struct stat facts {};
        if (::stat(path.c_str(), &facts) != 0)
            return false;
        if (S_ISREG(facts.st_mode) && ::access(path.c_str(), X_OK) == 0)
            return true;
        errno = EACCES;
        return false;
    };
    if (name.find('/') != std::string::npos) {
        if (!runnable(name))
            return errno_error(Stage::start, name);
        return fs::absolute(name).lexically_normal().string();
    }
    const char* const given = std::getenv("PATH");
    std::string_view folders = given != nullptr ? given : "/usr/local/sbin:/usr/sbin:/usr/bin:/bin";
    bool denied = false;
    while (!folders.empty()) {
        const std::size_t end = folders.find(':');
        const fs::path candidate = fs::path(folders.substr(0, end)) / name;
        if (runnable(candidate))
            return fs::absolute(candidate).lexically_normal().string();
        denied = denied || errno == EACCES;
        folders.remove_prefix(end == std::string_view::npos ? folders.size() : end + 1);
    }
    errno = denied ? EACCES : ENOENT;
    return errno_error(Stage::start, fmt::format("{} (looked for in PATH)", name));
}

/// A group by name or number, from /etc/group alone: a static binary has no name services.
Result<gid_t> find_group(const std::string& name) {
    if (name.empty())
        return ::getegid();
    char* end = nullptr;
    const unsigned long number = std::strtoul(name.c_str(), &end, 10);
    if (*end == '\0')
        return static_cast<gid_t>(number);
    std::FILE* const file = std::fopen("/etc/group", "re");
    if (file == nullptr)
        return errno_error(Stage::options, "--control-group");
    std::optional<gid_t> found;
    while (const group* entry = ::fgetgrent(file))
        if (name == entry->gr_name)
            found = entry->gr_gid;
    std::fclose(file);
    if (!found)
        return plain_error(Stage::options, fmt::format("--control-group {}", name),
                           "no such group in /etc/group");
    return *found;
}

Result<void> check_name(const std::string& name) {
    const bool bad = name.empty() || name.size() > 64 || name.front() == '.' ||
                     name.find_first_of("/ \t\n") != std::string::npos;
    if (bad)
        return plain_error(Stage::options, fmt::format("--name '{}'", name),
                           "expected up to 64 characters without slash and blank, not beginning "
                           "with a dot");
    return {};
}

Result<std::vector<NamedAddress>> parse_listen(const std::vector<ListenOption>& options) {
    std::vector<NamedAddress> result;
    for (const ListenOption& option : options) {
        const std::string subject = fmt::format("--listen {}={}", option.name, option.address);
        if (!is_variable_name(option.name))
            return plain_error(Stage::options, subject,
                               "the name must be letters, digits and _, as of a variable");
        auto address = parse_listen_address(option.address);
        if (!address)
            return plain_error(Stage::options, subject, to_line(address.error()));
        for (const NamedAddress& other : result) {
            if (other.name == option.name)
                return plain_error(Stage::options, subject, "this name is given twice");
            if (other.address == *address)
                return plain_error(Stage::options, subject, "this address is given twice");
        }
        result.push_back({option.name, std::move(*address)});
    }
    return result;
}

} // namespace

Result<StartPlan> plan_start(Config config) {
    StartPlan plan;
    if (config.proxy.empty())
        return plain_error(Stage::options, "no proxy given",
                           "expected reloadd [OPTIONS] -- PROXY [ARGUMENT...]");
    auto program = find_program(config.proxy.front());
    if (!program)
        return program.error();
    plan.program = std::move(*program);
    plan.dialect = &haproxy_dialect();

    const std::span<const std::string> arguments = std::span(config.proxy).subspan(1);
    auto line = plan.dialect->parse_start_line(arguments);
    if (!line)
        return line.error();
    plan.line = std::move(*line);
    if (config.pidfile.empty())
        config.pidfile = plan.line.pidfile;

    if (config.name.empty())
        config.name = fs::path(plan.program).filename();
    if (auto checked = check_name(config.name); !checked)
        return checked.error();
    if (config.runtime_dir.empty())
        config.runtime_dir = default_runtime_dir(config.name);
    config.runtime_dir = fs::absolute(config.runtime_dir).lexically_normal();
    if (!config.runtime_dir.has_filename())
        config.runtime_dir = config.runtime_dir.parent_path();

    auto listen = parse_listen(config.listen);
    if (!listen)
        return listen.error();
    plan.listen = std::move(*listen);
    auto group = find_group(config.control_group);
    if (!group)
        return group.error();
    plan.control_group = *group;
    plan.config = std::move(config);
    return plan;
}

Result<StartFacts> understand(const Config& config) {
    auto plan = plan_start(config);
    if (!plan)
        return plan.error();
    return StartFacts{plan->program, plan->line.only_asks, plan->line.detach};
}

} // namespace reload
