#include "dialect/haproxy.hpp"

#include "support/catch.hpp"

using namespace reload;

namespace {

using Words = std::vector<std::string>;

Result<StartLine> parse(const Words& arguments) {
    return haproxy::parse_start_line(arguments);
}

StartLine parsed(const Words& arguments) {
    auto line = parse(arguments);
    if (!line)
        FAIL(to_line(line.error()));
    return *line;
}

bool mentions(const Words& notes, std::string_view text) {
    for (const std::string& note : notes)
        if (note.find(text) != std::string::npos)
            return true;
    return false;
}

} // namespace

TEST_CASE("a plain start line is its configuration and nothing else") {
    const StartLine line = parsed({"-f", "/etc/haproxy/haproxy.cfg"});
    CHECK(line.config_paths == Words{"/etc/haproxy/haproxy.cfg"});
    CHECK(line.kept.empty());
    CHECK(line.notes.empty());
    CHECK_FALSE(line.only_asks);
    CHECK_FALSE(line.detach);
    CHECK_FALSE(line.quiet);
    CHECK(line.pidfile.empty());
    CHECK(line.replaces.empty());
    CHECK(line.sockets_from.empty());
    CHECK(line.working_folder.empty());
}

TEST_CASE("several files and folders keep their order") {
    const StartLine line = parsed({"-f", "b.cfg", "-f", "/etc/haproxy/conf.d", "-f", "a.cfg"});
    CHECK(line.config_paths == Words{"b.cfg", "/etc/haproxy/conf.d", "a.cfg"});
}

TEST_CASE("after two dashes every word is a file, even one that looks like an option") {
    const StartLine line = parsed({"-f", "a.cfg", "--", "b.cfg", "-v", "-D"});
    CHECK(line.config_paths == Words{"a.cfg", "b.cfg", "-v", "-D"});
    CHECK_FALSE(line.only_asks);
    CHECK_FALSE(line.detach);
    CHECK(parsed({"--", "b.cfg"}).config_paths == Words{"b.cfg"});
}

TEST_CASE("what would detach the proxy becomes our own detaching") {
    const StartLine line = parsed({"-D", "-f", "a.cfg"});
    CHECK(line.detach);
    CHECK(line.kept.empty());
}

TEST_CASE("the proxy's own master is left out and said so") {
    for (const char* option : {"-W", "-Ws"}) {
        CAPTURE(option);
        const StartLine line = parsed({option, "-f", "a.cfg"});
        CHECK(line.kept.empty());
        CHECK(mentions(line.notes, option));
        CHECK(line.config_paths == Words{"a.cfg"});
    }
}

TEST_CASE("the master's command line is left out with its address and said so") {
    const StartLine line = parsed({"-Ws", "-S", "/run/master.sock", "-f", "a.cfg"});
    CHECK(line.kept.empty());
    CHECK(mentions(line.notes, "-S /run/master.sock"));
    CHECK(line.config_paths == Words{"a.cfg"});
}

TEST_CASE("the pid file becomes ours") {
    const StartLine line = parsed({"-p", "/run/haproxy.pid", "-f", "a.cfg"});
    CHECK(line.pidfile == "/run/haproxy.pid");
    CHECK(line.kept.empty());
}

TEST_CASE("a wish to stay in the foreground is dropped, it is what we do") {
    const StartLine line = parsed({"-db", "-f", "a.cfg"});
    CHECK(line.kept.empty());
    CHECK_FALSE(line.detach);
}

TEST_CASE("processes to replace are taken up to the next option") {
    const StartLine drained = parsed({"-f", "a.cfg", "-sf", "12", "34", "-D"});
    CHECK(drained.replaces == std::vector<pid_t>{12, 34});
    CHECK_FALSE(drained.replaces_at_once);
    CHECK(drained.detach);
    CHECK(drained.kept.empty());
    CHECK(mentions(drained.notes, "-sf 12 34"));
    CHECK(mentions(drained.notes, "drain"));

    const StartLine stopped = parsed({"-st", "56", "-f", "a.cfg"});
    CHECK(stopped.replaces == std::vector<pid_t>{56});
    CHECK(stopped.replaces_at_once);
    CHECK(stopped.config_paths == Words{"a.cfg"});
    CHECK(mentions(stopped.notes, "-st 56"));
    CHECK(mentions(stopped.notes, "stop"));
}

TEST_CASE("an empty list of processes to replace is as good as none") {
    // `-sf $(cat pid)` of an init script, with no pid file yet
    const StartLine line = parsed({"-f", "a.cfg", "-sf"});
    CHECK(line.replaces.empty());
    CHECK(line.notes.empty());
}

TEST_CASE("a process to replace that is no process number is refused by name") {
    for (const char* text : {"abc", "0", "12x", "4294967297", ""}) {
        CAPTURE(text);
        const auto line = parse({"-f", "a.cfg", "-sf", "12", text});
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error().stage == Stage::options);
        CHECK(line.error().subject == "-sf " + std::string(text));
    }
}

TEST_CASE("an old process's socket is kept for the first start") {
    const StartLine line = parsed({"-x", "/run/haproxy.sock", "-f", "a.cfg"});
    CHECK(line.sockets_from == "/run/haproxy.sock");
    CHECK(line.kept.empty());
}

TEST_CASE("a wish for silence is ours to fulfil, a check must be able to explain itself") {
    const StartLine line = parsed({"-q", "-f", "a.cfg"});
    CHECK(line.quiet);
    CHECK(line.kept.empty());
}

TEST_CASE("options with a value are kept with it, in their order") {
    const StartLine line = parsed({"-n", "1000", "-f", "a.cfg", "-N", "500", "-m", "64", "-L",
                                   "peer1", "-C", "/etc/haproxy", "-dM", "-V", "-d"});
    CHECK(line.kept == Words{"-n", "1000", "-N", "500", "-m", "64", "-L", "peer1", "-C",
                             "/etc/haproxy", "-dM", "-V", "-d"});
    CHECK(line.config_paths == Words{"a.cfg"});
    CHECK(line.working_folder == "/etc/haproxy");
}

TEST_CASE("a value may look like anything, even like an option") {
    const StartLine line = parsed({"-L", "-v", "-f", "-D"});
    CHECK(line.kept == Words{"-L", "-v"});
    CHECK(line.config_paths == Words{"-D"});
    CHECK_FALSE(line.only_asks);
    CHECK_FALSE(line.detach);
}

TEST_CASE("an option that lacks its value is refused by name") {
    for (const char* option : {"-f", "-C", "-p", "-x", "-S", "-L", "-n", "-N", "-m"}) {
        CAPTURE(option);
        const auto line = parse({"-f", "a.cfg", option});
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error().stage == Stage::options);
        CHECK(line.error().subject == option);
    }
}

TEST_CASE("a start line without configuration is refused with what was expected") {
    for (const Words& words : {Words{}, Words{"-D"}, Words{"a.cfg"}, Words{"--"}}) {
        const auto line = parse(words);
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error().stage == Stage::options);
        CHECK(line.error().detail.find("-f FILE") != std::string::npos);
    }
}

TEST_CASE("a start line that only asks starts nothing, with or without a configuration") {
    for (const char* option : {"-v", "-vv", "-c", "-cc", "-h"}) {
        CAPTURE(option);
        CHECK(parsed({option}).only_asks);
        CHECK(parsed({"-f", "a.cfg", option}).only_asks);
        CHECK(parsed({option, "version_atleast(2.4)", "-f", "a.cfg"}).only_asks);
    }
    CHECK_FALSE(parsed({"-V", "-C", "/etc", "-f", "a.cfg"}).only_asks);
}

TEST_CASE("a stray word is kept, the proxy itself will refuse it") {
    const StartLine line = parsed({"stray", "-f", "a.cfg", "words"});
    CHECK(line.kept == Words{"stray", "words"});
}

TEST_CASE("a test harness's and a unit file's start line are understood whole") {
    CHECK(parsed({"-d", "-f", "a.cfg"}).kept == Words{"-d"});

    const StartLine unit = parsed({"-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-p",
                                   "/run/haproxy.pid", "-S", "/run/haproxy-master.sock"});
    CHECK(unit.config_paths == Words{"/etc/haproxy/haproxy.cfg"});
    CHECK(unit.pidfile == "/run/haproxy.pid");
    CHECK(unit.kept.empty());
}
