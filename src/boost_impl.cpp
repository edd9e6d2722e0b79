// Boost's compiled halves of Asio, Beast and JSON, once for the whole library (see
// cmake/options.cmake). Nothing of ours.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/json/src.hpp>
