// Owns the grammar of HTTP/1.x answers (RFC 9112), as far as a GET can meet it.
#include "http_response.hpp"

#include <algorithm>
#include <charconv>

namespace load {
namespace {

// Lines of one answer together: status, headers, chunk sizes between two bodies, trailer.
constexpr std::size_t max_head = 64 * 1024;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

bool list_contains(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (same_ignoring_case(trim(list.substr(0, comma)), token))
            return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

bool parse_number(std::string_view text, std::uint64_t& number, int base) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

void HttpResponse::reset() {
    part_ = Part::status_line;
    begun_ = closes_ = chunked_ = has_length_ = text_found_ = false;
    status_ = 0;
    remaining_ = 0;
    head_size_ = 0;
    line_.clear();
    served_by_.clear();
    body_tail_.clear();
}

HttpResponse::Progress HttpResponse::progress() const {
    switch (part_) {
    case Part::complete:
        return Progress::complete;
    case Part::malformed:
        return Progress::malformed;
    default:
        return Progress::incomplete;
    }
}

HttpResponse::Progress HttpResponse::consume(std::string_view bytes) {
    begun_ = begun_ || !bytes.empty();
    while (!bytes.empty()) {
        switch (part_) {
        case Part::body_of_length:
        case Part::chunk_data: {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
            take_body(bytes.substr(0, size));
            bytes.remove_prefix(size);
            remaining_ -= size;
            if (remaining_ == 0)
                part_ = part_ == Part::chunk_data ? Part::chunk_end : Part::complete;
            break;
        }
        case Part::body_to_end:
            take_body(bytes);
            bytes = {};
            break;
        case Part::complete: // bytes nobody asked for
            part_ = Part::malformed;
            break;
        case Part::malformed:
            return Progress::malformed;
        default: {
            const auto newline = bytes.find('\n');
            const auto size = newline == std::string_view::npos ? bytes.size() : newline + 1;
            head_size_ += size;
            if (head_size_ > max_head) {
                part_ = Part::malformed;
                break;
            }
            std::string_view line = bytes.substr(0, size);
            bytes.remove_prefix(size);
            if (newline == std::string_view::npos || !line_.empty()) {
                line_ += line;
                line = line_;
            }
            if (newline != std::string_view::npos) {
                line.remove_suffix(1);
                if (line.ends_with('\r'))
                    line.remove_suffix(1);
                part_ = take_line(line);
                line_.clear();
            }
        }
        }
    }
    return progress();
}

HttpResponse::Progress HttpResponse::end_of_stream() {
    if (part_ == Part::body_to_end)
        part_ = Part::complete;
    return progress();
}

HttpResponse::Part HttpResponse::take_line(std::string_view line) {
    switch (part_) {
    case Part::status_line:
        return take_status_line(line);
    case Part::header:
        return line.empty() ? after_headers() : take_header(line);
    case Part::chunk_size:
        return take_chunk_size(line);
    case Part::chunk_end:
        head_size_ = 0; // the bound is on lines without a body between them
        return line.empty() ? Part::chunk_size : Part::malformed;
    case Part::trailer:
        return line.empty() ? Part::complete : Part::trailer;
    default:
        return Part::malformed;
    }
}

HttpResponse::Part HttpResponse::take_status_line(std::string_view line) {
    constexpr std::string_view name = "HTTP/1.";
    std::uint64_t status = 0;
    if (line.size() < 12 || !line.starts_with(name) || line[8] != ' ' ||
        (line.size() > 12 && line[12] != ' ') || !parse_number(line.substr(9, 3), status, 10))
        return Part::malformed;
    status_ = static_cast<int>(status);
    closes_ = line[7] == '0';
    return Part::header;
}

HttpResponse::Part HttpResponse::take_header(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return Part::malformed;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));

    if (same_ignoring_case(name, "content-length")) {
        std::uint64_t length = 0;
        if (!parse_number(value, length, 10) || (has_length_ && length != remaining_))
            return Part::malformed;
        has_length_ = true;
        remaining_ = length;
    } else if (same_ignoring_case(name, "transfer-encoding")) {
        chunked_ = list_contains(value, "chunked");
    } else if (same_ignoring_case(name, "connection")) {
        if (list_contains(value, "close"))
            closes_ = true;
        else if (list_contains(value, "keep-alive"))
            closes_ = false;
    }
    if (same_ignoring_case(name, expected_->served_by_header))
        served_by_ = value;
    return Part::header;
}

HttpResponse::Part HttpResponse::after_headers() {
    if (status_ >= 100 && status_ < 200 && status_ != 101) {
        reset(); // an interim answer: the real one follows
        begun_ = true;
        return Part::status_line;
    }
    if (status_ == 204 || status_ == 304)
        return Part::complete;
    if (chunked_) {
        remaining_ = 0;
        return Part::chunk_size;
    }
    if (has_length_)
        return remaining_ == 0 ? Part::complete : Part::body_of_length;
    closes_ = true;
    return Part::body_to_end;
}

HttpResponse::Part HttpResponse::take_chunk_size(std::string_view line) {
    const std::string_view size = trim(line.substr(0, line.find(';')));
    if (!parse_number(size, remaining_, 16))
        return Part::malformed;
    return remaining_ == 0 ? Part::trailer : Part::chunk_data;
}

void HttpResponse::take_body(std::string_view bytes) {
    if (body_matches())
        return;
    const std::string& text = expected_->body_text;
    const std::size_t overlap = text.size() - 1;
    body_tail_ += bytes.substr(0, overlap);
    text_found_ =
        bytes.find(text) != std::string_view::npos || body_tail_.find(text) != std::string::npos;
    if (bytes.size() >= overlap)
        body_tail_ = bytes.substr(bytes.size() - overlap);
    else if (body_tail_.size() > overlap)
        body_tail_.erase(0, body_tail_.size() - overlap);
}

} // namespace load
