// Wrong words on the command lines, and folders that can't be trusted: one line each, and a code.
#include "support/catch.hpp"
#include "support/daemon.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace support;

namespace {

/// What a command line that must be refused says, and its exit code.
struct Refusal {
    std::vector<std::string> words;
    int code;
    std::string line;
};

void check_refused(const char* program, const Refusal& refusal) {
    std::vector<std::string> argv{program};
    argv.insert(argv.end(), refusal.words.begin(), refusal.words.end());
    const CommandResult result = run(std::move(argv));
    CHECK(result.err == refusal.line + "\n");
    CHECK(result.code() == refusal.code);
    CHECK(result.out.empty());
}

/// A runtime folder that must be refused.
void check_folder_refused(const Site& site, const std::string& why) {
    const std::string folder = (site.folder / "run").string();
    check_refused(RELOADD, {{"--runtime-dir", folder, "--", "haproxy", "-f", site.file},
                            1,
                            fmt::format("reloadd: {}: {}", folder, why)});
}

} // namespace

TEST_CASE("a wrong command line of reloadd is refused with one line that names the fault") {
    const std::vector<Refusal> refusals{
        {{}, 2, "reloadd: no proxy given: expected reloadd [OPTIONS] -- PROXY [ARGUMENT...]"},
        {{"--"}, 2, "reloadd: no proxy given: expected reloadd [OPTIONS] -- PROXY [ARGUMENT...]"},
        {{"--no-such-option", "--", "haproxy"},
         2,
         "reloadd: unrecognised option '--no-such-option'; see reloadd --help"},
        {{"--ready-timeout", "soon", "--", "haproxy"},
         2,
         "reloadd: --ready-timeout 'soon': expected a time such as 250ms, 2s, 5m, 1h"},
        {{"--drain-timeout", "-1s", "--", "haproxy"},
         2,
         "reloadd: --drain-timeout '-1s': expected a time such as 250ms, 2s, 5m, 1h, or 0"},
        {{"--max-generations", "many", "--", "haproxy"},
         2,
         "reloadd: --max-generations 'many': expected a number from 0 to 10000"},
        {{"--on-crash", "cry", "--", "haproxy"},
         2,
         "reloadd: --on-crash 'cry': expected restart or exit"},
        {{"--control-mode", "0999", "--", "haproxy"},
         2,
         "reloadd: --control-mode '0999': expected an octal mode from 0600 to 0777, such as 0660"},
        {{"--listen", "web", "--", "haproxy"}, 2, "reloadd: --listen 'web': expected NAME=ADDRESS"},
        {{"--name", "a/b", "--", "haproxy", "-f", "x"},
         2,
         "reloadd: --name 'a/b': expected up to 64 characters without slash and blank, not "
         "beginning with a dot"},
        {{"--", "haproxy"},
         2,
         "reloadd: haproxy: no configuration; expected -f FILE among its arguments"},
        {{"--", "haproxy", "-f", "x", "-sf", "me"},
         2,
         "reloadd: -sf me: expected a process number"},
    };
    for (const Refusal& refusal : refusals)
        check_refused(RELOADD, refusal);
}

TEST_CASE("a wrong value in the environment is refused like one on the command line") {
    const CommandResult result =
        run({.argv = {RELOADD, "--", "haproxy"}, .environment = {"RELOADD_STOP_TIMEOUT=never"}});
    CHECK(result.code() == 2);
    CHECK(result.err ==
          "reloadd: --stop-timeout 'never': expected a time such as 250ms, 2s, 5m, 1h, or 0\n");
}

TEST_CASE("a proxy that can't be found is 127, one that can't be run is 126") {
    const Site site;
    check_refused(RELOADD,
                  {{"--", "no-such-proxy", "-f", site.file},
                   127,
                   "reloadd: no-such-proxy (looked for in PATH): No such file or directory"});
    const std::string missing = (site.folder / "haproxy").string();
    check_refused(RELOADD, {{"--", missing, "-f", site.file},
                            127,
                            fmt::format("reloadd: {}: No such file or directory", missing)});
    write_file(missing, "not a program");
    ::chmod(missing.c_str(), 0644);
    check_refused(RELOADD, {{"--", missing, "-f", site.file},
                            126,
                            fmt::format("reloadd: {}: Permission denied", missing)});
    check_refused(RELOADD,
                  {{"--", site.folder.path().string(), "-f", site.file},
                   126,
                   fmt::format("reloadd: {}: Permission denied", site.folder.path().string())});
}

TEST_CASE("a configuration that is missing, or can't be read again, is named") {
    const Site site;
    const std::string runtime = (site.folder / "run").string();
    const std::string missing = (site.folder / "missing.cfg").string();
    CommandResult result = run({RELOADD, "--runtime-dir", runtime, "--", "haproxy", "-f", missing});
    CHECK(result.code() == 1);
    CHECK(result.err.ends_with(fmt::format(": {}: No such file or directory\n", missing)));

    const std::string pipe = (site.folder / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    result = run({RELOADD, "--runtime-dir", runtime, "--", "haproxy", "-f", pipe});
    CHECK(result.code() == 1);
    CHECK(result.err.ends_with(fmt::format(
        ": {}: not a regular file: what can be read only once can't be reloaded\n", pipe)));
    CHECK_FALSE(std::filesystem::exists(runtime));
}

TEST_CASE("a runtime folder that is not ours alone is refused") {
    const Site site;
    const std::string folder = (site.folder / "run").string();
    std::filesystem::create_directory(folder);
    ::chmod(folder.c_str(), 0770);
    check_folder_refused(site, "others may write to it (mode 770); expected 0700");
    ::chmod(folder.c_str(), 0700);
    REQUIRE(::chown(folder.c_str(), 65534, 65534) == 0);
    check_folder_refused(site,
                         "belongs to user 65534, not to us; somebody else may have planted it");

    std::filesystem::remove(folder);
    std::filesystem::create_directory(site.folder / "elsewhere");
    std::filesystem::create_directory_symlink(site.folder / "elsewhere", folder);
    check_folder_refused(site, "not a folder; somebody else may have planted it: Not a directory");
    CHECK(std::filesystem::is_empty(site.folder / "elsewhere"));

    std::filesystem::remove(folder);
    write_file(folder, "a file");
    check_folder_refused(site, "not a folder; somebody else may have planted it: Not a directory");
}

TEST_CASE("a lock that somebody planted as a link is not followed") {
    const Site site;
    const auto folder = site.folder / "run";
    std::filesystem::create_directory(folder);
    ::chmod(folder.c_str(), 0700);
    write_file(site.folder / "victim", "keep me");
    std::filesystem::create_symlink(site.folder / "victim", folder / "lock");
    const CommandResult result =
        run({RELOADD, "--runtime-dir", folder.string(), "--", "haproxy", "-f", site.file}, 5s);
    CHECK(result.code() == 1);
    CHECK(result.err ==
          fmt::format("reloadd: {}/lock: Too many levels of symbolic links\n", folder.string()));
    CHECK(read_file(site.folder / "victim") == "keep me");
}

TEST_CASE("a wrong command line of reloadctl is refused with one line that names the fault") {
    const std::vector<Refusal> refusals{
        {{}, 2, "reloadctl: no verb given: expected reload, check, status, health or stop"},
        {{"explode"},
         2,
         "reloadctl: unknown verb 'explode': expected reload, check, status, health or stop"},
        {{"--colour", "status"}, 2, "reloadctl: unknown option '--colour'"},
        {{"status", "--now"}, 2, "reloadctl: --now does not go with this verb"},
        {{"status", "now"}, 2, "reloadctl: unexpected word 'now'"},
        {{"--socket"}, 2, "reloadctl: --socket: expected a value"},
        {{"--name", "a", "--socket", "/b", "status"},
         2,
         "reloadctl: --name and --socket exclude each other"},
        {{"reload", "--timeout", "soon"},
         2,
         "reloadctl: --timeout 'soon': expected a time such as 250ms, 2s, 5m, 1h"},
        {{"--socket", "/no/such.sock", "status"},
         3,
         "reloadctl: no supervisor runs at /no/such.sock"},
        {{"--socket", "/no/such.sock", "reload"},
         7,
         "reloadctl: no supervisor runs at /no/such.sock"},
    };
    for (const Refusal& refusal : refusals)
        check_refused(RELOADCTL, refusal);
}
