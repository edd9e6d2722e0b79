// The coroutine vocabulary of engine, os and control: one executor, one thread, no locks.
//
// GCC 12 miscompiles some expressions with co_await (double free, or an illegal instruction under
// ASan). Law here, and looked for by test/lint/coroutines.py: arguments of an awaited call are
// named locals or have constructors; no capturing lambda, no braced aggregate, no initializer list
// in a full expression with co_await; no co_await inside `if (a && ...)` or `switch (...)`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace reload {

namespace asio = boost::asio;

template <class T = void>
using Awaitable = asio::awaitable<T, asio::any_io_executor>;

} // namespace reload
