#include "dialect/haproxy.hpp"

#include "support/catch.hpp"

using namespace reload;

TEST_CASE("a report is the process, its connections and whether it stops") {
    const auto report = haproxy::parse_report("Name: HAProxy\n"
                                              "Version: 2.6.12-1+deb12u4\n"
                                              "Nbthread: 2\n"
                                              "Pid: 4242\n"
                                              "CurrConns: 17\n"
                                              "CumConns: 2000\n"
                                              "Stopping: 1\n"
                                              "node: host\n"
                                              "description: \n"
                                              "\n");
    REQUIRE(report);
    CHECK(report->pid == 4242);
    CHECK(report->connections == 17);
    CHECK(report->stopping);
}

TEST_CASE("a report without the field for stopping is of a proxy that goes on") {
    const auto report = haproxy::parse_report("Pid: 1\nCurrConns: 0\n");
    REQUIRE(report);
    CHECK_FALSE(report->stopping);
    CHECK_FALSE(haproxy::parse_report("Pid: 1\nCurrConns: 0\nStopping: 0\n")->stopping);
}

TEST_CASE("a report without process or connections is none") {
    CHECK_FALSE(haproxy::parse_report(""));
    CHECK_FALSE(haproxy::parse_report("\n"));
    CHECK_FALSE(haproxy::parse_report("Pid: 1\n"));
    CHECK_FALSE(haproxy::parse_report("CurrConns: 1\n"));
    CHECK_FALSE(haproxy::parse_report("Unknown command. Please enter one of the following\n"));
}

TEST_CASE("a report with odd numbers is none, rather than a wrong one") {
    for (const char* pid : {"", "0", "-1", "x", "1x", "2147483648", "99999999999999999999"}) {
        CAPTURE(pid);
        CHECK_FALSE(haproxy::parse_report("Pid: " + std::string(pid) + "\nCurrConns: 1\n"));
    }
    for (const char* count : {"", "-1", "x", "1 ", "18446744073709551616"}) {
        CAPTURE(count);
        CHECK_FALSE(haproxy::parse_report("Pid: 1\nCurrConns: " + std::string(count) + "\n"));
    }
    CHECK_FALSE(haproxy::parse_report("Pid: 1\nCurrConns: 1\nStopping: yes\n"));
    CHECK(haproxy::parse_report("Pid: 2147483647\nCurrConns: 18446744073709551615\n"));
}

TEST_CASE("a report's fields are known by their whole name") {
    CHECK_FALSE(haproxy::parse_report("XPid: 1\nCurrConns: 1\n"));
    CHECK_FALSE(haproxy::parse_report("Pid: 1\nMaxCurrConns: 1\n"));
    const auto report = haproxy::parse_report("Process_num: 1\nPid: 5\nMaxconn: x\n"
                                              "CurrConns: 3\nCurrSslConns: 9");
    REQUIRE(report);
    CHECK(report->connections == 3);
}

TEST_CASE("each address that could not be bound is told with its cause") {
    // HAProxy 2.6.12
    const auto failures = haproxy::bind_failures(
        "[NOTICE]   (8063) : haproxy version is 2.6.12-1+deb12u4\n"
        "[ALERT]    (8063) : Binding [a.cfg:10] for frontend f: cannot bind socket "
        "(Address already in use) for [::1:18472]\n"
        "[ALERT]    (8063) : Binding [a.cfg:7] for frontend f: cannot bind socket "
        "(Address already in use) for [127.0.0.1:18471]\n"
        "[ALERT]    (8063) : [haproxy.main()] Some protocols failed to start their listeners! "
        "Exiting.\n");
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].address == "::1:18472");
    CHECK(failures[0].cause == "Address already in use");
    CHECK(failures[1].address == "127.0.0.1:18471");
    CHECK(failures[1].cause == "Address already in use");
}

TEST_CASE("a Unix socket that could not be bound is told by its path") {
    // HAProxy 2.6.12 writes no "for"
    const auto failures = haproxy::bind_failures(
        "[ALERT]    (1) : Binding [a.cfg:8] for frontend f: cannot bind UNIX socket "
        "(No such file or directory) [/nonexistent-dir/x.sock]\n");
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].address == "/nonexistent-dir/x.sock");
    CHECK(failures[0].cause == "No such file or directory");
}

TEST_CASE("the older form of a bind failure is understood, without a cause") {
    const auto failures = haproxy::bind_failures(
        "[ALERT] 324/011138 (2923) : Starting frontend f: cannot bind socket [0.0.0.0:80]\n");
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].address == "0.0.0.0:80");
    CHECK(failures[0].cause == "cannot bind");
}

TEST_CASE("lines that are no bind failure, or tell no address, are none") {
    CHECK(haproxy::bind_failures("").empty());
    CHECK(
        haproxy::bind_failures("[ALERT]    (1) : config : parsing [b.cfg:2] : unknown\n").empty());
    CHECK(haproxy::bind_failures("cannot bind").empty());
    CHECK(haproxy::bind_failures("cannot bind ]x[").empty());
    // 2.6.12, an abstract socket
    CHECK(haproxy::bind_failures("[ALERT]    (1) : Binding [a.cfg:9] for frontend f: cannot bind "
                                 "UNIX socket (already in use) []\n")
              .empty());
}

TEST_CASE("a bind failure whose line was cut at any byte breaks nothing") {
    const std::string_view line = "[ALERT]    (1) : Binding [a.cfg:7] for frontend f: cannot bind "
                                  "socket (Address already in use) for [127.0.0.1:80]";
    for (std::size_t size = 0; size < line.size(); ++size) {
        CAPTURE(size);
        CHECK(haproxy::bind_failures(line.substr(0, size)).empty());
    }
    CHECK(haproxy::bind_failures(line).size() == 1);
}

TEST_CASE("the first complaint is the first alert, without its prefix") {
    CHECK(haproxy::first_complaint(
              "[NOTICE]   (8065) : haproxy version is 2.6.12-1+deb12u4\n"
              "[WARNING]  (8065) : config : odd\n"
              "[ALERT]    (8065) : config : parsing [b.cfg:2] : unknown keyword 'foo'\n"
              "[ALERT]    (8065) : config : Fatal errors found in configuration.\n") ==
          "config : parsing [b.cfg:2] : unknown keyword 'foo'");
}

TEST_CASE("the first complaint of an older proxy loses its date as well") {
    CHECK(haproxy::first_complaint("[WARNING] 324/011138 (2923) : odd\n"
                                   "[ALERT] 324/011138 (2923) : parsing [b.cfg:2] : bad\n") ==
          "parsing [b.cfg:2] : bad");
}

TEST_CASE("where there is no alert, the last words are the complaint") {
    CHECK(haproxy::first_complaint("one\ntwo\n\n") == "two");
    CHECK(haproxy::first_complaint("Segmentation fault") == "Segmentation fault");
    CHECK(haproxy::first_complaint("").empty());
    CHECK(haproxy::first_complaint("\n\n").empty());
}
