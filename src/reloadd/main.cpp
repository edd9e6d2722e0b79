// reloadd: options in, a Supervisor around them, signals mapped to its verbs, an honest exit.
#include "detach.hpp"
#include "options.hpp"

#include <reload/supervisor.hpp>

#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace reloadd {
namespace {

/// Exit codes for a program that can't be run are those of a shell.
int exit_code_of(const reload::Error& error) {
    if (error.stage == reload::Stage::options)
        return 2;
    if (error.stage == reload::Stage::start && error.code == std::errc::no_such_file_or_directory)
        return 127;
    if (error.stage == reload::Stage::start && error.code == std::errc::permission_denied)
        return 126;
    return 1;
}

int fail(const reload::Error& error) {
    fmt::print(stderr, "reloadd: {}\n", to_line(error));
    return exit_code_of(error);
}

/// A caller may have closed them; a descriptor of ours must not be taken for one of the three.
void open_standard_descriptors() {
    int null = ::open("/dev/null", O_RDWR);
    while (null >= 0 && null <= STDERR_FILENO)
        null = ::open("/dev/null", O_RDWR);
    ::close(null);
}

/// The proxy in our place, with all its arguments.
int run_proxy(const std::string& program, const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const std::string& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv[0] = const_cast<char*>(program.c_str());
    argv.push_back(nullptr);
    ::execv(program.c_str(), argv.data());
    fmt::print(stderr, "reloadd: {}: {}\n", program, std::strerror(errno));
    return 126;
}

/// Signals as PRODUCT's verbs, for as long as the supervisor lives.
class Signals {
public:
    Signals(boost::asio::io_context& context, reload::Supervisor& supervisor)
        : set_(context, SIGHUP, SIGUSR2), supervisor_(supervisor) {
        for (const int number : {SIGUSR1, SIGTERM, SIGINT, SIGQUIT})
            set_.add(number);
        wait();
    }
    void stop() { set_.cancel(); }

private:
    void wait() {
        set_.async_wait([this](const boost::system::error_code& problem, int number) {
            if (problem)
                return;
            handle(number);
            wait();
        });
    }

    void handle(int number) {
        switch (number) {
        case SIGHUP:
        case SIGUSR2:
            supervisor_.reload(reload::ReloadOptions{});
            return;
        case SIGUSR1:
            supervisor_.stop(reload::StopMode::graceful);
            return;
        case SIGTERM:
            if (terminated_)
                supervisor_.die_of(number);
            else
                supervisor_.stop(reload::StopMode::bounded);
            terminated_ = true;
            return;
        default:
            supervisor_.die_of(number);
        }
    }

    boost::asio::signal_set set_;
    reload::Supervisor& supervisor_;
    bool terminated_ = false;
};

/// Leaves as asked. As PID 1 the kernel delivers no deadly signal to us, so a code stands for it.
int leave(reload::Exit exit) {
    if (exit.signal == 0)
        return exit.code;
    if (::getpid() != 1) {
        std::signal(exit.signal, SIG_DFL);
        ::raise(exit.signal);
    }
    return 128 + exit.signal;
}

int run(reloadd::Run asked) {
    const auto facts = reload::understand(asked.config);
    if (!facts)
        return fail(facts.error());
    if (facts->only_asks)
        return run_proxy(facts->program, asked.config.proxy);

    std::unique_ptr<Detach> detach;
    if (asked.daemon || facts->detach)
        detach = std::make_unique<Detach>();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1); // a worker whose master died comes to us, not to PID 1
    asked.config.reap_orphans = true;

    // Until it is in the background, a start reports to the terminal it was given on.
    const reload::LogLevel level = asked.config.log_level;
    const reload::EventSink to_terminal = reload::log_to_standard_error(level);
    reload::EventSink to_syslog;
    const auto log = [&](const reload::Event& event) {
        (to_syslog ? to_syslog : to_terminal)(event);
    };

    boost::asio::io_context context(1);
    auto supervisor = reload::Supervisor::create(context, std::move(asked.config), log);
    if (!supervisor)
        return fail(supervisor.error());
    reload::Exit exit;
    Signals signals(context, **supervisor);
    (*supervisor)
        ->start(
            [&] {
                if (!detach)
                    return;
                detach->done();
                to_syslog = reload::log_to_syslog(level);
            },
            [&](reload::Exit how) {
                exit = how;
                signals.stop();
                context.stop(); // a stray grandchild may still hold a pipe that is read
            });
    context.run();
    supervisor->reset(); // files and sockets are gone before we are
    return leave(exit);
}

} // namespace

int main_of(int argc, char** argv) {
    open_standard_descriptors();
    try {
        auto parsed = parse_command_line(argc, argv);
        if (const auto* text = std::get_if<ShowText>(&parsed)) {
            std::fputs(text->text.c_str(), stdout);
            return 0;
        }
        if (const auto* wrong = std::get_if<WrongUsage>(&parsed)) {
            fmt::print(stderr, "reloadd: {}\n", wrong->line);
            return 2;
        }
        return run(std::move(std::get<Run>(parsed)));
    } catch (const std::exception& problem) {
        fmt::print(stderr, "reloadd: internal error: {}\n", problem.what());
        return 70;
    }
}

} // namespace reloadd

int main(int argc, char** argv) {
    return reloadd::main_of(argc, argv);
}
