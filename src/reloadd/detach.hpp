// Going to the background the way init scripts expect: the command returns once the proxy serves,
// or with the code of what went wrong.
#pragma once

namespace reloadd {

class Detach {
public:
    /// Forks. In the parent this does not return: it leaves with the code that the child tells, or
    /// that the child left with. Call before any thread or event loop exists.
    Detach();
    Detach(const Detach&) = delete;
    Detach& operator=(const Detach&) = delete;
    ~Detach();

    /// Lets the parent leave with 0 and gives up the terminal.
    void done();

private:
    int to_parent_ = -1;
};

} // namespace reloadd
