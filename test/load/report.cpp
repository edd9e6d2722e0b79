// Owns the two output formats.
#include "report.hpp"

#include <fmt/format.h>

#include <iterator>

namespace load {
namespace {

using Out = std::back_insert_iterator<std::string>;

long long whole_ms(Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

void json_failed(Out out, const Tally& tally) {
    fmt::format_to(out, "\"failed\":{{");
    std::string_view comma;
    for (const FailureClass c : all_failure_classes) {
        fmt::format_to(out, "{}\"{}\":{}", comma, name_of(c), tally.failed_as(c));
        comma = ",";
    }
    fmt::format_to(out, "}}");
}

void json_latency(Out out, const Histogram& latency) {
    fmt::format_to(
        out, "\"latency_ms\":{{\"p50\":{:.3f},\"p99\":{:.3f},\"p999\":{:.3f},\"max\":{:.3f}}}",
        as_ms(latency.quantile(0.5)), as_ms(latency.quantile(0.99)), as_ms(latency.quantile(0.999)),
        as_ms(latency.max()));
}

void text_tally(Out out, std::string_view what, const Tally& tally) {
    fmt::format_to(out, "{}: {} started, {} ok, {} failed\n", what, tally.started, tally.ok,
                   tally.failed_total());
    for (const FailureClass c : all_failure_classes)
        if (tally.failed_as(c) > 0)
            fmt::format_to(out, "    {}: {}\n", name_of(c), tally.failed_as(c));
    if (tally.ok > 0)
        fmt::format_to(
            out, "    latency: p50 {:.3f} ms, p99 {:.3f} ms, p99.9 {:.3f} ms, max {:.3f} ms\n",
            as_ms(tally.latency.quantile(0.5)), as_ms(tally.latency.quantile(0.99)),
            as_ms(tally.latency.quantile(0.999)), as_ms(tally.latency.max()));
}

} // namespace

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (quoted += '\\') += c;
        else if (byte < 0x20 || byte >= 0x7f)
            fmt::format_to(std::back_inserter(quoted), "\\u{:04x}", byte);
        else
            quoted += c;
    }
    return quoted += '"';
}

std::string render_json(const Statistics& s) {
    std::string text;
    const auto out = std::back_inserter(text);

    fmt::format_to(out, "{{\"duration_ms\":{},", whole_ms(s.duration));
    fmt::format_to(out, "\"new\":{{\"started\":{},\"ok\":{},", s.fresh.started, s.fresh.ok);
    json_failed(out, s.fresh);
    text += ',';
    json_latency(out, s.fresh.latency);
    fmt::format_to(out, ",\"longest_gap_ms\":{:.3f}}},", as_ms(s.gap.longest()));

    fmt::format_to(out,
                   "\"keepalive\":{{\"requests\":{},\"ok\":{},\"idle_closed\":{},"
                   "\"closed_by_answer\":{},\"eof_while_idle\":{},",
                   s.keepalive.started, s.keepalive.ok, s.idle_closed, s.closed_by_answer,
                   s.eof_while_idle);
    json_failed(out, s.keepalive);
    text += ',';
    json_latency(out, s.keepalive.latency);

    fmt::format_to(out, "}},\"late_ms_max\":{:.3f},\"served_by\":{{", as_ms(s.late_max));
    std::string_view comma;
    for (const auto& [value, served] : s.served_by) {
        fmt::format_to(out, "{}{}:{{\"answers\":{},\"first_ms\":{},\"last_ms\":{}}}", comma,
                       json_string(value), served.answers, whole_ms(served.first - s.start),
                       whole_ms(served.last - s.start));
        comma = ",";
    }
    text += "}}\n";
    return text;
}

std::string render_text(const Statistics& s) {
    std::string text;
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "{:.1f} s of load, started at most {:.3f} ms late\n",
                   as_ms(s.duration) / 1000, as_ms(s.late_max));
    if (s.fresh.started > 0) {
        text_tally(out, "new connections", s.fresh);
        fmt::format_to(out, "    longest time without an answer: {:.3f} ms\n",
                       as_ms(s.gap.longest()));
    }
    if (s.keepalive.started > 0) {
        text_tally(out, "keep-alive requests", s.keepalive);
        fmt::format_to(out,
                       "    sent again after an idle close: {}, closed by answer: {}, closed while "
                       "idle: {}\n",
                       s.idle_closed, s.closed_by_answer, s.eof_while_idle);
    }
    for (const auto& [value, served] : s.served_by)
        fmt::format_to(out, "served by {}: {} answers, from {} ms to {} ms\n", json_string(value),
                       served.answers, whole_ms(served.first - s.start),
                       whole_ms(served.last - s.start));
    return text;
}

} // namespace load
