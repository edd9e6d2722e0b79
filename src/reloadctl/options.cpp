#include "options.hpp"

#include <reload/duration.hpp>
#include <reload/version.hpp>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

namespace reloadctl {
namespace {

constexpr std::string_view help =
    "Usage: reloadctl [--name NAME | --socket PATH] [--json] VERB [OPTIONS]\n"
    "Talks to a reloadd. With one instance running, neither --name nor --socket is needed.\n"
    "\n"
    "  reload    one reload; waits and shows its steps as they happen\n"
    "              --if-changed   do nothing when the configuration text already serves\n"
    "              --wait-drain   wait until the old generation is gone, too\n"
    "              --no-wait      ask for it and leave\n"
    "              --timeout TIME give up waiting (the reload goes on)\n"
    "  check     check the configuration on disk, start nothing\n"
    "  status    generations, connections left, sockets, last reload\n"
    "              --watch        redraw every second\n"
    "  health    exit 0 when a generation serves\n"
    "  stop      let every connection finish, then stop\n"
    "              --now          stop at once\n"
    "\n"
    "  --timeout TIME goes with every verb; times are written 250ms, 2s, 5m, 1h.\n"
    "  --help and --version say just that.\n"
    "\n"
    "Exit codes: 0 done; 10 check failed, nothing touched; 11 the candidate did not become\n"
    "ready, the old one serves; 14 no answer in time, outcome unknown; 1 any other failure;\n"
    "2 wrong usage; 4 not permitted; 7 no supervisor running. status: 0 running, 3 not\n"
    "running, 4 unknown.\n";

struct VerbName {
    std::string_view name;
    Verb verb;
};
constexpr std::array<VerbName, 5> verbs{{{"reload", Verb::reload},
                                         {"check", Verb::check},
                                         {"status", Verb::status},
                                         {"health", Verb::health},
                                         {"stop", Verb::stop}}};

/// Thrown below, caught in parse_command_line.
struct Wrong {
    std::string line;
};

/// An option without a value and the one verb that takes it.
struct Switch {
    std::string_view name;
    Verb verb;
    bool Command::*field;
};
constexpr std::array<Switch, 5> switches{{{"--no-wait", Verb::reload, &Command::no_wait},
                                          {"--wait-drain", Verb::reload, &Command::wait_drain},
                                          {"--if-changed", Verb::reload, &Command::if_changed},
                                          {"--now", Verb::stop, &Command::now},
                                          {"--watch", Verb::status, &Command::watch}}};

class Parser {
public:
    explicit Parser(std::vector<std::string> words) : words_(std::move(words)) {}

    Command parse() {
        std::vector<const Switch*> used;
        std::optional<Verb> verb;
        while (next_ < words_.size()) {
            const std::string word = words_[next_++];
            if (!word.starts_with("-")) {
                if (verb)
                    throw Wrong{fmt::format("unexpected word '{}'", word)};
                verb = find_verb(word);
            } else if (word == "--json") {
                command_.json = true;
            } else if (const auto* found = find_switch(word)) {
                used.push_back(found);
                command_.*(found->field) = true;
            } else {
                take_option_with_value(word);
            }
        }
        if (!verb)
            throw Wrong{"no verb given: expected reload, check, status, health or stop"};
        command_.verb = *verb;
        for (const Switch* one : used)
            if (one->verb != *verb)
                throw Wrong{fmt::format("{} does not go with this verb", one->name)};
        if (!command_.name.empty() && !command_.socket.empty())
            throw Wrong{"--name and --socket exclude each other"};
        return command_;
    }

private:
    static Verb find_verb(const std::string& word) {
        for (const VerbName& one : verbs)
            if (one.name == word)
                return one.verb;
        throw Wrong{
            fmt::format("unknown verb '{}': expected reload, check, status, health or stop", word)};
    }

    static const Switch* find_switch(const std::string& word) {
        const auto* const found = std::find_if(switches.begin(), switches.end(),
                                               [&](const Switch& one) { return one.name == word; });
        return found == switches.end() ? nullptr : found;
    }

    void take_option_with_value(const std::string& word) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (name != "--name" && name != "--socket" && name != "--timeout")
            throw Wrong{fmt::format("unknown option '{}'", name)};
        if (equals == std::string::npos && next_ == words_.size())
            throw Wrong{fmt::format("{}: expected a value", name)};
        const std::string value =
            equals == std::string::npos ? words_[next_++] : word.substr(equals + 1);
        if (name == "--name") {
            command_.name = value;
        } else if (name == "--socket") {
            command_.socket = value;
        } else {
            command_.timeout = reload::parse_duration(value);
            if (!command_.timeout || command_.timeout->count() == 0)
                throw Wrong{fmt::format("--timeout '{}': expected a time such as 250ms, 2s, 5m, 1h",
                                        value)};
        }
    }

    std::vector<std::string> words_;
    std::size_t next_ = 0;
    Command command_;
};

} // namespace

std::variant<Command, ShowText, WrongUsage> parse_command_line(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    for (const std::string& word : words) {
        if (word == "--help" || word == "-h")
            return ShowText{std::string(help)};
        if (word == "--version")
            return ShowText{fmt::format("reloadctl {}\n", reload::version)};
    }
    try {
        return Parser(std::move(words)).parse();
    } catch (const Wrong& wrong) {
        return WrongUsage{wrong.line};
    }
}

} // namespace reloadctl
