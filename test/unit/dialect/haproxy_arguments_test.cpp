#include "dialect/haproxy.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace reload;

namespace {

using Words = std::vector<std::string>;

StartLine line_of(const Words& arguments) {
    auto line = haproxy::parse_start_line(arguments);
    REQUIRE(line.has_value());
    return *line;
}

StartParts later_parts() {
    StartParts parts;
    parts.admin = 7;
    parts.admin_config = 8;
    return parts;
}

} // namespace

TEST_CASE("a check gets the arguments of a start, less debug mode") {
    const StartLine line = line_of({"-d", "-f", "a.cfg", "-n", "100", "-dM", "-f", "b.cfg"});
    CHECK(haproxy::check_arguments(line) ==
          Words{"-c", "-n", "100", "-dM", "-f", "a.cfg", "-f", "b.cfg"});
}

TEST_CASE("a check opens no old process's socket and is never silent") {
    const StartLine line =
        line_of({"-q", "-x", "/run/h.sock", "-sf", "1", "-D", "-p", "/p", "-f", "a.cfg"});
    CHECK(haproxy::check_arguments(line) == Words{"-c", "-f", "a.cfg"});
}

TEST_CASE("a start stays in the foreground, reads our file first, then what the user has") {
    const StartLine line = line_of({"-f", "a.cfg", "-n", "100", "-d"});
    CHECK(haproxy::start_arguments(line, later_parts()) ==
          Words{"-db", "-f", "/proc/self/fd/8", "-n", "100", "-d", "-f", "a.cfg"});
}

TEST_CASE("a start is handed our sockets where there are any") {
    const StartLine line = line_of({"-f", "a.cfg"});
    StartParts parts = later_parts();
    parts.handover = 9;
    CHECK(haproxy::start_arguments(line, parts) ==
          Words{"-db", "-f", "/proc/self/fd/8", "-x", "sockpair@9", "-f", "a.cfg"});
}

TEST_CASE("an old process is asked for its sockets at the first start only") {
    const StartLine line = line_of({"-x", "/run/h.sock", "-f", "a.cfg"});
    StartParts parts = later_parts();
    parts.first = true;
    CHECK(haproxy::start_arguments(line, parts) ==
          Words{"-db", "-f", "/proc/self/fd/8", "-x", "/run/h.sock", "-f", "a.cfg"});
    parts.first = false;
    CHECK(haproxy::start_arguments(line, parts) ==
          Words{"-db", "-f", "/proc/self/fd/8", "-f", "a.cfg"});
}

TEST_CASE("a start asks one peer for sockets, never two") {
    const StartLine line = line_of({"-x", "/run/h.sock", "-f", "a.cfg"});
    StartParts parts = later_parts();
    parts.first = true;
    parts.handover = 9;
    const Words arguments = haproxy::start_arguments(line, parts);
    CHECK(std::count(arguments.begin(), arguments.end(), "-x") == 1);
}

TEST_CASE("a snapshot takes the place of the files, and of the files alone") {
    const StartLine line = line_of({"-n", "100", "-f", "a.cfg", "-f", "conf.d"});
    StartParts parts = later_parts();
    parts.config_paths = {"/proc/self/fd/20", "/proc/self/fd/21"};
    CHECK(haproxy::start_arguments(line, parts) == Words{"-db", "-f", "/proc/self/fd/8", "-n",
                                                         "100", "-f", "/proc/self/fd/20", "-f",
                                                         "/proc/self/fd/21"});
}

TEST_CASE("no start ever knows an old process or leaves for the background") {
    // A child that knows old processes and can't bind makes them close their sockets.
    const StartLine line = line_of({"-D", "-W", "-Ws", "-S", "/m", "-p", "/p", "-q", "-sf", "1",
                                    "2", "-st", "3", "-f", "a.cfg"});
    StartParts parts = later_parts();
    parts.first = true;
    parts.handover = 9;
    for (const std::string& argument : haproxy::start_arguments(line, parts))
        for (const char* never : {"-D", "-W", "-Ws", "-S", "-p", "-q", "-sf", "-st", "1", "2", "3"})
            CHECK(argument != never);
}

TEST_CASE("an administrative channel is a file that names its descriptor and exposes the sockets") {
    CHECK(haproxy::admin_config(7) ==
          "global\n    stats socket sockpair@7 level admin expose-fd listeners\n");
}

TEST_CASE("of a folder the proxy reads what ends in .cfg and is not hidden") {
    CHECK(haproxy::is_config_file("a.cfg"));
    CHECK(haproxy::is_config_file("00-a.b.cfg"));
    for (const char* name : {"", ".cfg", ".a.cfg", "a.cfg~", "a.conf", "cfg", "a.CFG", "acfg"}) {
        CAPTURE(name);
        CHECK_FALSE(haproxy::is_config_file(name));
    }
}

TEST_CASE("the dialect drains with SIGUSR1, stops with SIGTERM and cleans what confuses a child") {
    const Dialect& dialect = haproxy_dialect();
    CHECK(dialect.name == "haproxy");
    CHECK(dialect.drain_signal == SIGUSR1);
    CHECK(dialect.stop_signal == SIGTERM);
    for (const char* name : {"HAPROXY_MWORKER_REEXEC", "HAPROXY_MWORKER_WAIT_ONLY",
                             "HAPROXY_PROCESSES", "NOTIFY_SOCKET", "LISTEN_*"}) {
        CAPTURE(name);
        const auto& cleaned = dialect.cleaned_environment;
        CHECK(std::find(cleaned.begin(), cleaned.end(), name) != cleaned.end());
    }
}
