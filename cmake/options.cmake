# What every target of this project is compiled with, as one interface target.
add_library(reload_options INTERFACE)
target_compile_options(reload_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor)
target_compile_definitions(reload_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_DISABLE_BOOST_ARRAY BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_ASIO_DISABLE_SERIAL_PORT)
if(RELOAD_WERROR)
  target_compile_options(reload_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12: Asio's headers in every translation unit, and std::string's operator+.
  target_compile_options(reload_options INTERFACE -Wno-mismatched-new-delete -Wno-restrict)
endif()
if(RELOAD_SANITIZE)
  set(flags -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 can't place its function-type prefix before a coroutine.
    list(APPEND flags -fno-sanitize=function)
  endif()
  target_compile_options(reload_options INTERFACE ${flags})
  target_link_options(reload_options INTERFACE ${flags})
endif()
