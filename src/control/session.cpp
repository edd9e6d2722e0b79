#include "control/session.hpp"

#include "control/json.hpp"
#include "model/printable.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <poll.h>

namespace reload {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto request_time = 10s; ///< for a whole request, and between two of them
constexpr auto write_time = 10s;   ///< for a client to take what we write
constexpr std::uint32_t longest_header = 8 * 1024;
constexpr std::uint64_t longest_body = 64U << 10;

using Stream = beast::basic_stream<asio::local::stream_protocol, asio::any_io_executor>;
using Request = http::request<http::string_body>;

class Session {
public:
    Session(asio::local::stream_protocol::socket socket, Supervision& supervision,
            std::shared_ptr<SessionState> state)
        : stream_(std::move(socket)), supervision_(supervision), state_(std::move(state)) {}

    Awaitable<void> run();

private:
    /// Reads one request; nothing when the session is over.
    Awaitable<std::optional<Request>> read_request();
    Awaitable<bool> dispatch(Request request);

    Awaitable<bool> reload(Request request);
    Awaitable<bool> check(Request request);
    Awaitable<bool> status();
    Awaitable<bool> stop(Request request);
    Awaitable<bool> health();

    // Each returns false when the client is gone.
    Awaitable<bool> answer(http::status code, json::object body);
    Awaitable<bool> refuse(http::status code, std::string line);
    Awaitable<bool> begin_stream();
    Awaitable<bool> stream_line(json::object line);
    Awaitable<bool> end_stream();

    /// Returns when the client has closed its connection: nobody waits for the answer any more.
    Awaitable<void> gone();

    /// Lets a client that still writes read our answer before the connection ends.
    Awaitable<void> hang_up();

    Stream stream_;
    Supervision& supervision_;
    std::shared_ptr<SessionState> state_;
    beast::flat_buffer buffer_;
    bool keep_alive_ = false;
};

Awaitable<void> Session::run() {
    bool still_there = true;
    do {
        std::optional<Request> request = co_await read_request();
        if (!request)
            break;
        keep_alive_ = request->keep_alive();
        state_->busy = true;
        still_there = co_await dispatch(std::move(*request));
        state_->busy = false;
    } while (still_there && keep_alive_);
    co_await hang_up();
}

Awaitable<std::optional<Request>> Session::read_request() {
    http::request_parser<http::string_body> parser;
    parser.header_limit(longest_header);
    parser.body_limit(longest_body);
    // A timer of our own: Beast's would close the stream, and the client would not hear why.
    stream_.expires_never();
    asio::steady_timer timer(stream_.get_executor(), request_time);
    const auto outcome = co_await (http::async_read(stream_.socket(), buffer_, parser, token) ||
                                   timer.async_wait(token));
    const bool in_time = outcome.index() == 0;
    boost::system::error_code problem;
    if (in_time)
        problem = std::get<0>(std::get<0>(outcome));
    if (in_time && !problem)
        co_return parser.release();

    keep_alive_ = false;
    const bool began = parser.got_some();
    std::string line;
    http::status code = http::status::bad_request;
    if (problem == http::error::body_limit || problem == http::error::header_limit) {
        code = http::status::payload_too_large;
        line = fmt::format("request too large: at most {} bytes of header and {} of body",
                           longest_header, longest_body);
    } else if (!in_time && began) {
        code = http::status::request_timeout;
        line = fmt::format("no whole request within {} s", request_time.count());
    } else if (problem.category() == http::make_error_code(http::error::bad_method).category() &&
               problem != http::error::end_of_stream) {
        line = "not a HTTP request: " + problem.message();
    }
    if (!line.empty())
        co_await refuse(code, std::move(line));
    co_return std::nullopt;
}

Awaitable<bool> Session::dispatch(Request request) {
    const std::string target(request.target());
    const http::verb method = request.method();
    struct Route {
        std::string_view target;
        http::verb method;
    };
    static constexpr std::array<Route, 5> routes{{{"/v1/status", http::verb::get},
                                                  {"/v1/reload", http::verb::post},
                                                  {"/v1/check", http::verb::post},
                                                  {"/v1/stop", http::verb::post},
                                                  {"/healthz", http::verb::get}}};
    const auto* const route = std::find_if(routes.begin(), routes.end(),
                                           [&](const Route& one) { return one.target == target; });
    bool still_there = false;
    if (route == routes.end()) {
        std::string line = fmt::format("unknown path '{}'", target);
        still_there = co_await refuse(http::status::not_found, std::move(line));
    } else if (route->method != method) {
        const std::string_view expected = http::to_string(route->method);
        std::string line = fmt::format("{}: expected {}", target, expected);
        still_there = co_await refuse(http::status::method_not_allowed, std::move(line));
    } else if (target == "/v1/status") {
        still_there = co_await status();
    } else if (target == "/v1/reload") {
        still_there = co_await reload(std::move(request));
    } else if (target == "/v1/check") {
        still_there = co_await check(std::move(request));
    } else if (target == "/v1/stop") {
        still_there = co_await stop(std::move(request));
    } else {
        still_there = co_await health();
    }
    co_return still_there;
}

Awaitable<bool> Session::status() {
    const Status now = co_await supervision_.status();
    json::object body = to_json(now);
    const bool told = co_await answer(http::status::ok, std::move(body));
    co_return told;
}

Awaitable<bool> Session::health() {
    const GenerationId serving = supervision_.serving();
    json::object body{{"serving", serving}};
    const http::status code = serving != 0 ? http::status::ok : http::status::service_unavailable;
    const bool told = co_await answer(code, std::move(body));
    co_return told;
}

Awaitable<bool> Session::check(Request request) {
    const Result<void> body = parse_empty_body(request.body());
    if (!body) {
        const bool told = co_await refuse(http::status::bad_request, to_line(body.error()));
        co_return told;
    }
    const CheckOutcome outcome = co_await supervision_.checks().check();
    json::object object{{"passed", outcome.passed},
                        {"reason", printable(outcome.reason)},
                        {"proxy_output", outcome.output}};
    const bool told = co_await answer(http::status::ok, std::move(object));
    co_return told;
}

Awaitable<bool> Session::reload(Request request) {
    const Result<ReloadBody> body = parse_reload_body(request.body());
    if (!body) {
        const bool told = co_await refuse(http::status::bad_request, to_line(body.error()));
        co_return told;
    }
    const ReloadRunPtr run = supervision_.queue().request(body->if_changed);
    if (!body->wait) {
        json::object accepted{{"id", run->request.id}};
        const bool told = co_await answer(http::status::accepted, std::move(accepted));
        co_return told;
    }
    bool told = co_await begin_stream();
    std::size_t next = 0;
    while (told && (!run->outcome || next < run->steps.size())) {
        if (next == run->steps.size()) {
            const auto woken = co_await (run->changed.wait() || gone());
            told = woken.index() == 0;
            continue;
        }
        json::object line = to_json(run->steps[next++]);
        told = co_await stream_line(std::move(line));
    }
    if (told && body->wait_drain && run->outcome->retired) {
        const auto woken = co_await (run->outcome->retired->proxy->exited() || gone());
        told = woken.index() == 0;
    }
    if (told) {
        json::object report = to_json(run->outcome->report);
        told = co_await stream_line(std::move(report));
    }
    if (told)
        told = co_await end_stream();
    co_return told;
}

Awaitable<bool> Session::stop(Request request) {
    const Result<StopMode> mode = parse_stop_body(request.body());
    if (!mode) {
        const bool told = co_await refuse(http::status::bad_request, to_line(mode.error()));
        co_return told;
    }
    keep_alive_ = false;
    bool told = co_await begin_stream();
    supervision_.stop(*mode);
    if (told) {
        json::object line{{"state", "stopping"}};
        told = co_await stream_line(std::move(line));
    }
    if (told) {
        const auto woken = co_await (supervision_.ended().wait() || gone());
        told = woken.index() == 0;
    }
    if (told) {
        json::object line{{"state", "stopped"}};
        told = co_await stream_line(std::move(line));
    }
    if (told)
        told = co_await end_stream();
    co_return told;
}

Awaitable<bool> Session::answer(http::status code, json::object body) {
    http::response<http::string_body> response(code, 11);
    response.set(http::field::content_type, "application/json");
    response.keep_alive(keep_alive_);
    response.body() = json::serialize(body) + "\n";
    response.prepare_payload();
    stream_.expires_after(write_time);
    const auto result = co_await http::async_write(stream_, response, token);
    co_return !std::get<0>(result);
}

Awaitable<bool> Session::refuse(http::status code, std::string line) {
    json::object body{{"error", printable(line)}};
    const bool told = co_await answer(code, std::move(body));
    co_return told;
}

Awaitable<bool> Session::begin_stream() {
    http::response<http::empty_body> response(http::status::ok, 11);
    response.set(http::field::content_type, "application/x-ndjson");
    response.keep_alive(keep_alive_);
    response.chunked(true);
    http::response_serializer<http::empty_body> serializer(response);
    stream_.expires_after(write_time);
    const auto result = co_await http::async_write_header(stream_, serializer, token);
    co_return !std::get<0>(result);
}

Awaitable<bool> Session::stream_line(json::object line) {
    const std::string text = json::serialize(line) + "\n";
    const auto chunk = http::make_chunk(asio::buffer(text));
    stream_.expires_after(write_time);
    const auto result = co_await asio::async_write(stream_, chunk, token);
    co_return !std::get<0>(result);
}

Awaitable<bool> Session::end_stream() {
    const auto last = http::make_chunk_last();
    stream_.expires_after(write_time);
    const auto result = co_await asio::async_write(stream_, last, token);
    co_return !std::get<0>(result);
}

Awaitable<void> Session::gone() {
    co_await stream_.socket().async_wait(asio::socket_base::wait_read, token);
    // One that only shut its sending side (as `socat` does) still reads: that is no POLLHUP.
    pollfd state{stream_.socket().native_handle(), POLLIN, 0};
    if (::poll(&state, 1, 0) == 1 && (state.revents & POLLHUP) != 0)
        co_return;
    asio::steady_timer never(stream_.get_executor(), asio::steady_timer::time_point::max());
    co_await never.async_wait(token);
}

Awaitable<void> Session::hang_up() {
    boost::system::error_code ignored;
    if (!stream_.socket().is_open())
        co_return;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    std::array<char, std::size_t{16} << 10> rest{};
    std::uint64_t most = std::uint64_t{32} << 20;
    stream_.expires_after(2s);
    while (most > rest.size()) {
        const auto result = co_await stream_.async_read_some(asio::buffer(rest), token);
        if (std::get<0>(result))
            break;
        most -= std::get<1>(result);
    }
}

} // namespace

Awaitable<void> serve_session(asio::local::stream_protocol::socket socket, Supervision& supervision,
                              std::shared_ptr<SessionState> state) {
    Session session(std::move(socket), supervision, std::move(state));
    co_await session.run();
}

} // namespace reload
