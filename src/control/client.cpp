#include <reload/control_client.hpp>

#include "os/runtime_dir.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <fmt/format.h>

namespace reload {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::local::stream_protocol;
using Outcome = boost::system::result<ControlAnswer, ControlError>;

/// One exchange, as its coroutine sees it. Lives on the caller's stack for its whole length.
struct Exchange {
    explicit Exchange(asio::io_context& context) : socket(context) {}

    stream_protocol::socket socket;
    http::request<http::string_body> request;
    std::function<void(std::string_view)> on_line;
    bool connected = false;
    ControlAnswer answer;
};

/// Passes on the complete lines of `body` from `told` on.
void tell_lines(const std::string& body, std::size_t& told, Exchange& exchange) {
    for (std::size_t end = body.find('\n', told); end != std::string::npos;
         end = body.find('\n', told)) {
        exchange.answer.body = body.substr(told, end - told);
        told = end + 1;
        if (exchange.on_line)
            exchange.on_line(exchange.answer.body);
    }
}

asio::awaitable<void> run_exchange(Exchange& exchange, std::string path) {
    const stream_protocol::endpoint endpoint(path);
    co_await exchange.socket.async_connect(endpoint, asio::use_awaitable);
    exchange.connected = true;
    // A server that refuses does so without reading; what it says is still to be read.
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await http::async_write(exchange.socket, exchange.request, token);

    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    co_await http::async_read_header(exchange.socket, buffer, parser, asio::use_awaitable);
    exchange.answer.status = parser.get().result_int();
    std::size_t told = 0;
    while (!parser.is_done()) {
        co_await http::async_read_some(exchange.socket, buffer, parser, asio::use_awaitable);
        tell_lines(parser.get().body(), told, exchange);
    }
    tell_lines(parser.get().body(), told, exchange);
}

ControlError to_control_error(const boost::system::error_code& problem, bool connected,
                              const std::string& path) {
    namespace errc = boost::system::errc;
    if (!connected && (problem == errc::no_such_file_or_directory ||
                       problem == errc::connection_refused || problem == errc::not_a_directory))
        return {ControlFailure::not_running, fmt::format("no supervisor runs at {}", path)};
    if (problem == errc::permission_denied || problem == errc::operation_not_permitted)
        return {ControlFailure::not_permitted, fmt::format("{}: not permitted", path)};
    if (connected)
        return {ControlFailure::hung_up, fmt::format("the supervisor at {} hung up", path)};
    return {ControlFailure::broken, fmt::format("{}: {}", path, problem.message())};
}

} // namespace

ControlClient::ControlClient(std::filesystem::path socket) : socket_(std::move(socket)) {}

Outcome ControlClient::request(std::string_view method, std::string_view target,
                               std::string_view body,
                               std::optional<std::chrono::milliseconds> timeout,
                               const std::function<void(std::string_view)>& on_line) const {
    const std::string path = socket_.string();
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return ControlError{ControlFailure::broken,
                            fmt::format("{}: longer than a socket path can be", path)};
    asio::io_context context(1);
    Exchange exchange(context);
    exchange.on_line = on_line;
    exchange.request.version(11);
    exchange.request.method_string({method.data(), method.size()});
    exchange.request.target({target.data(), target.size()});
    exchange.request.set(http::field::host, "reloadd");
    exchange.request.set(http::field::connection, "close");
    if (!body.empty())
        exchange.request.set(http::field::content_type, "application/json");
    exchange.request.body() = body;
    exchange.request.prepare_payload();

    bool finished = false;
    boost::system::error_code problem;
    asio::co_spawn(context, run_exchange(exchange, path), [&](const std::exception_ptr& thrown) {
        finished = true;
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (const boost::system::system_error& error) {
            problem = error.code();
        }
    });
    if (timeout)
        context.run_for(*timeout);
    else
        context.run();

    if (!finished)
        return ControlError{ControlFailure::timeout, "no answer in time, outcome unknown"};
    if (problem)
        return to_control_error(problem, exchange.connected, path);
    return std::move(exchange.answer);
}

std::vector<Instance> find_instances() {
    namespace fs = std::filesystem;
    std::vector<Instance> found;
    for (const fs::path& folder : runtime_folders()) {
        if (!is_trusted(folder))
            continue;
        std::error_code ignored;
        for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
             entry.increment(ignored)) {
            const fs::path socket = entry->path() / control_socket_name;
            std::error_code gone;
            if (fs::is_socket(socket, gone))
                found.push_back({entry->path().filename(), socket});
        }
    }
    return found;
}

} // namespace reload
