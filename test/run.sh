#!/bin/bash
# Installs, lints, builds and runs every test. Each build is a preset of CMakePresets.json:
#   release  GCC, optimised: what ships
#   dev      GCC with ASan and UBSan
#   clang    clang with ASan and UBSan
# Other arguments are presets to run instead of all three. RELOAD_TEST_LONG=1 runs the long forms of the
# load tests.
set -euo pipefail

cd "$(dirname "$0")/.."
tools/packages.sh test

presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(release dev clang)

# CI must not pass because a tool is missing; neither may anybody's run here.
for tool in haproxy curl jq clang-format clang-tidy-19 clang++ unshare ip python3; do
    command -v "$tool" >/dev/null || { echo "test/run.sh: $tool is missing" >&2; exit 1; }
done

echo '== lint'
mapfile -t sources < <(find include src test -name '*.cpp' -o -name '*.hpp')
clang-format --dry-run -Werror "${sources[@]}"
python3 test/lint/coroutines.py --self-test
python3 test/lint/coroutines.py "${sources[@]}"
python3 test/lint/layers.py --self-test
python3 test/lint/layers.py .

for preset in "${presets[@]}"; do
    echo "== $preset: build"
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset"
    echo "== $preset: test"
    ctest --preset "$preset" --no-tests=error
done

echo '== analysis'
# The compile commands of the first preset; two files at a time.
find src -name '*.cpp' ! -name boost_impl.cpp -print0 |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy-19 -p "build/${presets[0]}" --quiet 2>/dev/null

echo 'all tests passed'
