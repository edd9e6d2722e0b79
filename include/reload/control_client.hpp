// The client side of the control protocol: what reloadctl uses, and nothing else. Blocking calls on
// one connection a request; safe to use from any one thread.
#pragma once

#include <reload/error.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reload {

/// An instance that answers on this machine.
struct Instance {
    std::string name;
    std::filesystem::path socket;
};

/// The control sockets below the default runtime folders of this user, dead ones included.
[[nodiscard]] std::vector<Instance> find_instances();

/// Why a request brought no answer.
enum class ControlFailure {
    not_running,
    not_permitted,
    timeout, ///< the outcome is unknown
    hung_up, ///< in the middle of an answer; the outcome is unknown
    broken,
};

struct ControlError {
    ControlFailure kind = ControlFailure::broken;
    std::string text; ///< one line
};

struct ControlAnswer {
    unsigned status = 0; ///< HTTP status
    std::string body;    ///< whole body; for a streamed answer its last line
};

class ControlClient {
public:
    /// `socket` is the path of the control socket. Nothing is opened yet.
    explicit ControlClient(std::filesystem::path socket);

    /// One request. `body` is JSON or empty. `timeout` bounds the whole exchange (none: wait for
    /// ever). `on_line` gets each line of a streamed answer as it arrives, the last one included.
    [[nodiscard]] boost::system::result<ControlAnswer, ControlError>
    request(std::string_view method, std::string_view target, std::string_view body,
            std::optional<std::chrono::milliseconds> timeout,
            const std::function<void(std::string_view line)>& on_line = {}) const;

private:
    std::filesystem::path socket_;
};

} // namespace reload
