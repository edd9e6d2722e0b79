#include "support/site.hpp"

#include <fmt/format.h>

namespace support {
namespace {

std::string lines(const std::vector<std::string>& all, const char* before = "    ") {
    std::string text;
    for (const std::string& line : all)
        text += before + line + "\n";
    return text;
}

} // namespace

std::string HaproxyConfig::text() const {
    // maxconn is small: machines of a test have few descriptors to give.
    return "global\n    maxconn 4000\n" + lines(global) +
           "defaults\n"
           "    mode http\n"
           "    timeout client 60s\n"
           "    timeout server 60s\n"
           "    timeout connect 5s\n" +
           lines(defaults) + "frontend test\n" + lines(binds, "    bind ") + lines(frontend) +
           "    http-request wait-for-body time 60s if METH_POST\n"
           "    http-request return status 200 content-type text/plain "
           "hdr x-served-by \"${RELOADD_GENERATION}\" string hello\n" +
           more;
}

Site::Site() : address(fmt::format("127.0.0.1:{}", port)), file((folder / "haproxy.cfg").string()) {
    config.binds.push_back(address);
    write();
}

void Site::write() const {
    write_file(file, config.text());
}

void Site::write_broken() const {
    write_file(file, config.text() + "frontend broken\n    no-such-keyword at all\n");
}

} // namespace support
