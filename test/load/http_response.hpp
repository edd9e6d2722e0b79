// Owns the reading of one HTTP/1.x answer to a GET, from bytes in pieces of any size to the few
// facts the load client needs. Does no input or output and keeps no body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace load {

/// What to look for in every answer. One value serves all connections.
struct Expectation {
    std::string served_by_header = "x-served-by"; ///< in lower case
    std::string body_text;                        ///< empty: any body will do
};

class HttpResponse {
public:
    enum class Progress { incomplete, complete, malformed };

    explicit HttpResponse(const Expectation& expected) : expected_(&expected) {}

    /// Forgets everything and waits for the next answer.
    void reset();

    Progress consume(std::string_view bytes);

    /// The stream has ended: completes an answer whose body lasts until the end of the stream.
    Progress end_of_stream();

    bool begun() const { return begun_; }
    int status() const { return status_; } ///< 0 until known
    const std::string& served_by() const { return served_by_; }
    bool closes() const { return closes_; } ///< the server will not take another request here
    bool body_matches() const { return text_found_ || expected_->body_text.empty(); }

private:
    enum class Part {
        status_line,
        header,
        body_of_length,
        body_to_end,
        chunk_size,
        chunk_data,
        chunk_end,
        trailer,
        complete,
        malformed,
    };

    Part take_line(std::string_view line);
    Part take_status_line(std::string_view line);
    Part take_header(std::string_view line);
    Part after_headers();
    Part take_chunk_size(std::string_view line);
    void take_body(std::string_view bytes);
    Progress progress() const;

    const Expectation* expected_;
    Part part_ = Part::status_line;
    bool begun_ = false;
    bool closes_ = false;
    bool chunked_ = false;
    bool has_length_ = false;
    bool text_found_ = false;
    int status_ = 0;
    std::uint64_t remaining_ = 0; ///< of the body or of the current chunk
    std::size_t head_size_ = 0;   ///< bytes of lines so far, bounded
    std::string line_;            ///< the line that has not ended yet
    std::string served_by_;
    std::string body_tail_; ///< end of the body so far, for a text that spans two pieces
};

} // namespace load
