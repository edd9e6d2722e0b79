// A supervisor that is not root's.
#include "support/catch.hpp"
#include "support/daemon.hpp"
#include "support/http.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace support;

namespace {

/// A user of this test alone: nobody's default folders may be in use.
struct Somebody {
    Somebody() {
        // Copied: the build folder need not be open to other users.
        for (const auto& [from, to] : {std::pair{RELOADD, "reloadd"}, {RELOADCTL, "reloadctl"}})
            std::filesystem::copy_file(from, site.folder / to);
        ::chmod(site.folder.path().c_str(), 0755);
        home = (site.folder / "home").string();
        std::filesystem::create_directory(home);
        REQUIRE(::chown(home.c_str(), uid, uid) == 0);
    }
    ~Somebody() {
        std::error_code ignored;
        std::filesystem::remove_all(shared, ignored);
    }
    Somebody(const Somebody&) = delete;
    Somebody& operator=(const Somebody&) = delete;

    [[nodiscard]] ProcessSetup command(std::vector<std::string> words) const {
        words.front() = (site.folder / words.front()).string();
        const std::string id = std::to_string(uid);
        words.insert(words.begin(), {"setpriv", "--reuid", id, "--regid", id, "--clear-groups"});
        return {.argv = std::move(words), .environment = {"HOME=" + home}};
    }

    Site site;
    uid_t uid = static_cast<uid_t>(500'000 + ::getpid());
    std::string shared = fmt::format("/tmp/reloadd-{}", uid); ///< default runtime folders
    std::string home;
};

} // namespace

TEST_CASE("without privileges it serves, reloads and stops, and reloadctl finds it by itself") {
    const Somebody somebody;
    const std::string address = somebody.site.address;
    Process daemon(somebody.command({"reloadd", "--", "haproxy", "-f", somebody.site.file}));
    const auto ctl = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "reloadctl");
        return run(somebody.command(std::move(words)));
    };
    REQUIRE(eventually([&] { return ctl({"health"}).code() == 0 || !daemon.running(); }));
    INFO(daemon.err());
    CHECK(served_by(address) == "1");
    CHECK(ctl({"reload"}).code() == 0);
    CHECK(comes_to_serve(address, "2"));
    CHECK(ctl({"--name", "haproxy", "status"}).code() == 0);
    struct stat facts {};
    REQUIRE(::stat((somebody.shared + "/haproxy").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0700);
    CHECK(ctl({"stop"}).code() == 0);
    CHECK(daemon.ended(10s) == Ended{0, 0});
    CHECK(ctl({"reload"}).code() == 7);
    CHECK(ctl({"status"}).code() == 3);
}

TEST_CASE("a default runtime folder that somebody else made first is refused") {
    const Somebody somebody;
    std::filesystem::create_directory(somebody.shared); // by root, where the user expects its own
    const CommandResult result =
        run(somebody.command({"reloadd", "--", "haproxy", "-f", somebody.site.file}));
    CHECK(result.code() == 1);
    CHECK(result.err == fmt::format("reloadd: {}: not a private folder of this user; somebody else "
                                    "may have planted it\n",
                                    somebody.shared));
}

TEST_CASE("a runtime folder that can't be made, or a configuration that can't be read, is named") {
    const Somebody somebody;
    const std::string forbidden = (somebody.site.folder / "run").string();
    CommandResult result = run(somebody.command(
        {"reloadd", "--runtime-dir", forbidden, "--", "haproxy", "-f", somebody.site.file}));
    CHECK(result.code() == 1);
    CHECK(result.err == fmt::format("reloadd: {}: Permission denied\n", forbidden));

    ::chmod(somebody.site.file.c_str(), 0600);
    result = run(somebody.command({"reloadd", "--runtime-dir", somebody.home + "/run", "--",
                                   "haproxy", "-f", somebody.site.file}));
    CHECK(result.code() == 1);
    CHECK(result.err.ends_with(fmt::format(": {}: Permission denied\n", somebody.site.file)));
}
