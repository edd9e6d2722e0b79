#include "verbs.hpp"

#include "render.hpp"

#include <reload/config.hpp>
#include <reload/control_client.hpp>
#include <reload/status.hpp>

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <thread>
#include <unistd.h>

namespace reloadctl {
namespace {

namespace json = boost::json;
using reload::ControlAnswer;
using reload::ControlClient;
using reload::ControlError;
using reload::ControlFailure;
using Answer = boost::system::result<ControlAnswer, ControlError>;

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;
constexpr int exit_not_permitted = 4;
constexpr int exit_not_running = 7;
constexpr int exit_check_failed = 10;
constexpr int exit_not_ready = 11;
constexpr int exit_timeout = 14;
// LSB's codes for `status`.
constexpr int exit_status_not_running = 3;
constexpr int exit_status_unknown = 4;

void complain(std::string_view line) {
    fmt::print(stderr, "reloadctl: {}\n", line);
}

Style style_of_output() {
    const char* const no_colour = std::getenv("NO_COLOR");
    return Style{::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0')};
}

json::object parse(std::string_view body) {
    boost::system::error_code problem;
    json::value value = json::parse(json::string_view(body.data(), body.size()), problem);
    return !problem && value.is_object() ? value.get_object() : json::object();
}

/// Prints at once: people and scripts follow the steps as they happen.
void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

int code_of_failure(ControlFailure failure) {
    switch (failure) {
    case ControlFailure::not_running:
        return exit_not_running;
    case ControlFailure::not_permitted:
        return exit_not_permitted;
    case ControlFailure::timeout:
    case ControlFailure::hung_up:
        return exit_timeout;
    case ControlFailure::broken:
        return exit_failure;
    }
    return exit_failure;
}

int fail(const ControlError& error) {
    complain(error.text);
    return code_of_failure(error.kind);
}

/// The supervisor answered with an error object.
int fail(const ControlAnswer& answer) {
    complain(text_of(parse(answer.body), "error"));
    return answer.status == 403 ? exit_not_permitted : exit_failure;
}

int run_reload(const ControlClient& client, const Command& command) {
    const json::object options{{"wait", !command.no_wait},
                               {"wait_drain", command.wait_drain},
                               {"if_changed", command.if_changed}};
    const auto show_step = [&](std::string_view line) {
        const json::object step = parse(line);
        if (!command.json && step.contains("step"))
            print(render_step(step) + "\n");
    };
    const Answer answer =
        client.request("POST", "/v1/reload", json::serialize(options), command.timeout, show_step);
    if (!answer)
        return fail(answer.error());
    if (answer->status >= 400)
        return fail(*answer);
    const json::object report = parse(answer->body);
    if (command.no_wait) {
        print(command.json ? answer->body + "\n"
                           : fmt::format("reload {} requested\n", text_of(report, "id")));
        return 0;
    }
    if (!report.contains("result")) {
        complain("the supervisor hung up before the end, outcome unknown");
        return exit_timeout;
    }
    print(command.json ? answer->body + "\n" : render_report(report, style_of_output()));
    const std::string stage = text_of(report, "stage");
    if (text_of(report, "result") != "rejected")
        return 0;
    if (stage == "check")
        return exit_check_failed;
    return stage == "start" || stage == "ready" ? exit_not_ready : exit_failure;
}

int run_check(const ControlClient& client, const Command& command) {
    const Answer answer = client.request("POST", "/v1/check", "", command.timeout);
    if (!answer)
        return fail(answer.error());
    if (answer->status >= 400)
        return fail(*answer);
    const json::object outcome = parse(answer->body);
    print(command.json ? answer->body + "\n" : render_check(outcome, style_of_output()));
    return text_of(outcome, "passed") == "true" ? 0 : exit_check_failed;
}

int show_status(const ControlClient& client, const Command& command) {
    const Answer answer = client.request("GET", "/v1/status", "", command.timeout);
    if (!answer || answer->status >= 400) {
        const int code = answer ? fail(*answer) : fail(answer.error());
        return code == exit_not_running ? exit_status_not_running : exit_status_unknown;
    }
    const json::object status = parse(answer->body);
    if (!status.contains("state")) {
        complain("the supervisor's answer can't be understood");
        return exit_status_unknown;
    }
    if (command.json) {
        print(answer->body + "\n");
        return 0;
    }
    const std::string clear = command.watch ? "\x1b[H\x1b[2J" : "";
    print(clear + render_status(status, std::chrono::system_clock::now(), style_of_output()));
    return 0;
}

int run_status(const ControlClient& client, const Command& command) {
    int code = show_status(client, command);
    while (command.watch && code == 0) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        code = show_status(client, command);
    }
    return code;
}

int run_health(const ControlClient& client, const Command& command) {
    const Answer answer = client.request("GET", "/healthz", "", command.timeout);
    if (!answer)
        return fail(answer.error());
    if (parse(answer->body).contains("error"))
        return fail(*answer);
    const std::string serving = text_of(parse(answer->body), "serving");
    print(command.json            ? answer->body + "\n"
          : answer->status == 200 ? fmt::format("generation {} serves\n", serving)
                                  : "no generation serves\n");
    return answer->status == 200 ? 0 : exit_failure;
}

int run_stop(const ControlClient& client, const Command& command) {
    const json::object options{{"now", command.now}};
    const Answer answer =
        client.request("POST", "/v1/stop", json::serialize(options), command.timeout);
    if (!answer)
        return fail(answer.error());
    if (answer->status >= 400)
        return fail(*answer);
    const std::string state = text_of(parse(answer->body), "state");
    print(command.json ? answer->body + "\n" : state + "\n");
    return state == "stopped" ? 0 : exit_failure;
}

/// The control socket that a command means; complains and leaves the code where there is none.
std::optional<std::filesystem::path> find_socket(const Command& command, int& code) {
    if (!command.socket.empty())
        return command.socket;
    if (!command.name.empty()) {
        for (const reload::Instance& instance : reload::find_instances())
            if (instance.name == command.name)
                return instance.socket;
        complain(fmt::format("no supervisor named {} is running", command.name));
        code = command.verb == Verb::status ? exit_status_not_running : exit_not_running;
        return std::nullopt;
    }
    std::vector<reload::Instance> running;
    std::string names;
    for (reload::Instance& instance : reload::find_instances()) {
        const Answer answer = ControlClient(instance.socket)
                                  .request("GET", "/healthz", "", std::chrono::milliseconds(2000));
        if (!answer && answer.error().kind == ControlFailure::not_running)
            continue;
        names += (names.empty() ? "" : ", ") + instance.name;
        running.push_back(std::move(instance));
    }
    if (running.size() == 1)
        return running.front().socket;
    if (running.empty()) {
        complain("no supervisor is running");
        code = command.verb == Verb::status ? exit_status_not_running : exit_not_running;
    } else {
        complain(fmt::format("several supervisors run ({}): say which with --name", names));
        code = exit_usage;
    }
    return std::nullopt;
}

} // namespace

int run(const Command& command) {
    int code = exit_failure;
    const auto socket = find_socket(command, code);
    if (!socket)
        return code;
    const ControlClient client(*socket);
    switch (command.verb) {
    case Verb::reload:
        return run_reload(client, command);
    case Verb::check:
        return run_check(client, command);
    case Verb::status:
        return run_status(client, command);
    case Verb::health:
        return run_health(client, command);
    case Verb::stop:
        return run_stop(client, command);
    }
    return exit_failure;
}

} // namespace reloadctl
