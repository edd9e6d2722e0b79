// The control socket, under clients that are strange, hostile, many, or somebody else.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"
#include "support/proc.hpp"

#include <fmt/format.h>
#include <memory>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace support;

namespace {

/// One request on a connection of its own; what is answered until the end of the connection.
std::string talk(const Daemon& daemon, const std::string& bytes,
                 std::chrono::milliseconds within = 15s) {
    Client client("unix@" + daemon.socket());
    REQUIRE(client.problem() == 0);
    (void)client.send(bytes); // who is refused early can't send all of it
    return client.rest(within).value_or("(still open)");
}

std::string request(const std::string& method, const std::string& path, const std::string& body) {
    return fmt::format(
        "{} {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n"
        "{}",
        method, path, body.size(), body);
}

void check_answer(const std::string& answer, const std::string& status, const std::string& error) {
    CHECK(answer.starts_with("HTTP/1.1 " + status));
    CHECK(answer.ends_with(fmt::format("\r\n\r\n{{\"error\":\"{}\"}}\n", error)));
}

CommandResult curl(const Daemon& daemon, std::vector<std::string> words) {
    words.insert(words.begin(), {"curl", "-sS", "--unix-socket", daemon.socket()});
    return run(std::move(words));
}

} // namespace

TEST_CASE("curl --unix-socket can ask for the status and for a reload") {
    Site site;
    Daemon daemon(site);
    const auto status = parse_object(curl(daemon, {"http://localhost/v1/status"}).out);
    CHECK(serving_id(status) == 1);
    CHECK(text(status, "state") == "serving");

    const CommandResult reload = curl(daemon, {"-X", "POST", "http://localhost/v1/reload"});
    std::vector<std::string> steps;
    std::istringstream lines(reload.out);
    boost::json::object last;
    for (std::string line; std::getline(lines, line);) {
        last = parse_object(line);
        if (last.contains("step"))
            steps.push_back(text(last, "step"));
    }
    CHECK(steps == std::vector<std::string>{"requested", "check", "ready", "adopt", "cutover"});
    CHECK(text(last, "result") == "committed");
    CHECK(curl(daemon, {"http://localhost/healthz"}).out == "{\"serving\":2}\n");
    CHECK(text(parse_object(curl(daemon, {"-X", "POST", "http://localhost/v1/check"}).out),
               "passed") == "true");
}

TEST_CASE("a request that makes no sense is told so in one line") {
    Site site;
    Daemon daemon(site);
    check_answer(talk(daemon, request("GET", "/v1/nothing", "")), "404",
                 "unknown path '/v1/nothing'");
    check_answer(talk(daemon, request("DELETE", "/v1/status", "")), "405",
                 "/v1/status: expected GET");
    check_answer(talk(daemon, request("GET", "/v1/reload", "")), "405",
                 "/v1/reload: expected POST");
    check_answer(talk(daemon, request("POST", "/v1/reload", "{\"fast\":true}")), "400",
                 "unknown field 'fast': known are wait, wait_drain, if_changed");
    check_answer(talk(daemon, request("POST", "/v1/reload", "{\"wait\":1}")), "400",
                 "field 'wait': expected true or false");
    check_answer(talk(daemon, request("POST", "/v1/reload", "[]")), "400",
                 "request body: expected a JSON object");
    check_answer(talk(daemon, request("POST", "/v1/stop", "{\"now\":true,\"then\":1}")), "400",
                 "unknown field 'then': known are now");
    CHECK(talk(daemon, request("POST", "/v1/reload", "{nonsense")).starts_with("HTTP/1.1 400"));
    CHECK(serving_id(daemon.status()) == 1);
}

TEST_CASE("bytes that are no request are answered or cut off, and harm nobody") {
    Site site;
    Daemon daemon(site);
    CHECK(talk(daemon, "\x16\x03\x01\x02 not http at all\r\n\r\n").starts_with("HTTP/1.1 400"));
    CHECK(talk(daemon, std::string(4096, '\0')).starts_with("HTTP/1.1 400"));
    CHECK(talk(daemon, std::string(100'000, 'A')).starts_with("HTTP/1.1 4"));
    CHECK(talk(daemon, "GET /v1/status HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")
              .starts_with("HTTP/1.1 413"));
    CHECK(daemon.healthy());
    CHECK(daemon.reload().code == 0);
}

TEST_CASE("a request of 10 MB is refused with 413, and not kept in memory") {
    Site site;
    Daemon daemon(site);
    const std::uint64_t before = rss_kib(daemon.pid());
    check_answer(talk(daemon, request("POST", "/v1/reload", std::string(10'000'000, ' '))), "413",
                 "request too large: at most 8192 bytes of header and 65536 of body");
    CHECK(rss_kib(daemon.pid()) < before + 2048);
    CHECK(serving_id(daemon.status()) == 1);
}

TEST_CASE("half a request and silence delays nobody, and ends at the time limit") {
    Site site;
    Daemon daemon(site);
    Client silent("unix@" + daemon.socket());
    Client half("unix@" + daemon.socket());
    REQUIRE(half.send("POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"));
    for (int i = 0; i < 3; ++i) {
        const auto began = std::chrono::steady_clock::now();
        CHECK(daemon.reload().code == 0);
        CHECK(std::chrono::steady_clock::now() - began < 2s);
    }
    const auto answer = half.rest(15s);
    REQUIRE(answer);
    check_answer(*answer, "408", "no whole request within 10 s");
    CHECK(silent.rest(5s) == std::string()); // who said nothing is told nothing
    CHECK(serving_id(daemon.status()) == 4);
}

TEST_CASE("a client that does not read its answer delays nobody") {
    Site site;
    Daemon daemon(site);
    Client deaf("unix@" + daemon.socket());
    std::string requests; // their answers are more than the socket's buffers hold
    for (int i = 0; i < 1000; ++i)
        requests += "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
    CHECK(deaf.send(requests));
    CHECK(daemon.reload().code == 0);
    CHECK(daemon.healthy());
}

TEST_CASE("a reload works while 100 clients sit idle") {
    Site site;
    Daemon daemon(site);
    std::vector<std::unique_ptr<Client>> idle;
    for (int i = 0; i < 100; ++i) {
        idle.push_back(std::make_unique<Client>("unix@" + daemon.socket()));
        CHECK(idle.back()->problem() == 0);
    }
    const auto began = std::chrono::steady_clock::now();
    const Reload reload = daemon.reload();
    INFO(reload.err);
    CHECK(reload.code == 0);
    CHECK(std::chrono::steady_clock::now() - began < 2s);
    CHECK(daemon.ctl({"status"}).code() == 0);
}

TEST_CASE("a flood of idle clients does not take the supervisor's descriptors") {
    Site site;
    Daemon daemon(site);
    const std::size_t before = settled_descriptors(daemon.pid());
    std::vector<std::unique_ptr<Client>> idle;
    for (int i = 0; i < 1500; ++i)
        idle.push_back(std::make_unique<Client>("unix@" + daemon.socket()));
    CHECK(daemon.healthy());
    CHECK(settled_descriptors(daemon.pid()) < before + 500);
    CHECK(daemon.reload().code == 0);
}

TEST_CASE("the control socket is its owner's alone, and another user is not permitted") {
    Site site;
    Daemon daemon(site);
    struct stat facts {};
    REQUIRE(::stat(daemon.socket().c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0600);
    // Copied: the build folder need not be open to other users.
    const std::string program = (site.folder / "reloadctl").string();
    std::filesystem::copy_file(RELOADCTL, program);
    ::chmod(site.folder.path().c_str(), 0755);
    ::chmod(program.c_str(), 0755);
    const std::vector<std::string> nobody{"setpriv", "--reuid",  "65534",
                                          "--regid", "65534",    "--clear-groups",
                                          program,   "--socket", daemon.socket()};
    for (const char* const verb : {"reload", "status", "health", "stop"}) {
        INFO(verb);
        std::vector<std::string> argv = nobody;
        argv.emplace_back(verb);
        const CommandResult result = run(std::move(argv));
        CHECK(result.code() == 4);
        CHECK(result.err == fmt::format("reloadctl: {}: not permitted\n", daemon.socket()));
    }
    // Even if the file's mode was opened by hand: the peer's credentials count.
    ::chmod((site.folder / "run").c_str(), 0755);
    ::chmod(daemon.socket().c_str(), 0666);
    std::vector<std::string> argv = nobody;
    argv.emplace_back("reload");
    const CommandResult result = run(std::move(argv));
    CHECK(result.code() == 4);
    CHECK(result.err == "reloadctl: not permitted\n");
    CHECK(serving_id(daemon.status()) == 1);
}

TEST_CASE("with --control-mode 0660 the group of --control-group is permitted") {
    Site site;
    Daemon daemon(site, {.options = {"--control-mode", "0660", "--control-group", "65533"}});
    struct stat facts {};
    REQUIRE(::stat(daemon.socket().c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0660);
    CHECK(facts.st_gid == 65533);
    const std::string program = (site.folder / "reloadctl").string();
    std::filesystem::copy_file(RELOADCTL, program);
    ::chmod(site.folder.path().c_str(), 0755);
    ::chmod(program.c_str(), 0755);
    const auto as_member_of = [&](const std::string& group) {
        return run({"setpriv", "--reuid", "65534", "--regid", "65534", "--groups", group, program,
                    "--socket", daemon.socket(), "reload"});
    };
    CHECK(as_member_of("65533").code() == 0);
    CHECK(as_member_of("65532").code() == 4);
}
