#include "support/load.hpp"

#include "support/daemon.hpp"
#include "support/eventually.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace support {
namespace {

namespace json = boost::json;

ProcessSetup setup_of(const LoadSetup& load, const TempFolder& folder) {
    ProcessSetup setup;
    setup.argv = {LOAD_CLIENT,
                  "--rate",
                  std::to_string(load.rate),
                  "--keepalive",
                  std::to_string(load.keepalive),
                  "--duration",
                  fmt::format("{}ms", load.duration.count()),
                  "--timeout",
                  fmt::format("{}ms", load.timeout.count()),
                  "--expect",
                  "hello",
                  "--ready-file",
                  (folder / "ready").string(),
                  "--failures",
                  (folder / "failures").string()};
    for (const std::string& target : load.targets)
        setup.argv.insert(setup.argv.end(), {"--target", target});
    return setup;
}

Failures to_failures(const json::value& failed) {
    const auto count = [&](const char* name) {
        return failed.at(name).to_number<std::uint64_t>();
    };
    return {count("refused"),   count("reset"),        count("timeout"),
            count("cut_short"), count("wrong_answer"), count("other")};
}

} // namespace

Load::Load(const LoadSetup& setup) : process_(setup_of(setup, folder_)) {
    const bool answered = eventually(
        [this] { return std::filesystem::exists(folder_ / "ready") || !process_.running(); });
    if (!answered || !std::filesystem::exists(folder_ / "ready"))
        throw std::runtime_error("the load gets no answer: " + process_.err());
}

LoadReport Load::finish() {
    LoadReport report;
    (void)process_.ended(120s);
    const json::object object = parse_object(process_.out());
    report.words = process_.out() + process_.err() + read_file(folder_ / "failures");
    if (object.empty())
        return report;
    const json::value& fresh = object.at("new");
    report.complete = true;
    report.started = fresh.at("started").to_number<std::uint64_t>();
    report.ok = fresh.at("ok").to_number<std::uint64_t>();
    report.failed = to_failures(fresh.at("failed"));
    const json::value& kept = object.at("keepalive");
    report.kept_requests = kept.at("requests").to_number<std::uint64_t>();
    report.kept_failed = to_failures(kept.at("failed"));
    report.late_ms_max = object.at("late_ms_max").to_number<double>();
    for (const auto& [name, served] : object.at("served_by").as_object())
        report.served_by.emplace(std::string(name.data(), name.size()),
                                 served.at("answers").to_number<std::uint64_t>());
    return report;
}

} // namespace support
