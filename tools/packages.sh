#!/bin/sh
# Installs what is needed on Debian 12 or later: `packages.sh build` to build and run, `packages.sh
# test` for the gate too. Does nothing where everything is there already.
set -eu

build="g++ cmake ninja-build libfmt-dev libmd-dev haproxy curl jq"
test="clang clang-format clang-tidy-19 libclang-rt-14-dev catch2 python3 iproute2 procps util-linux"

case "${1:-}" in
build) wanted="$build" ;;
test) wanted="$build $test" ;;
*)
    echo "usage: packages.sh build|test" >&2
    exit 2
    ;;
esac

installed() {
    # shellcheck disable=SC2086 # a list of words
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}\n' $1 2>/dev/null | grep -c '^ii')" -ge \
        "$(echo "$1" | wc -w)" ]
}
if installed "$wanted" && dpkg-query -W 'libboost-program-options1*-dev' >/dev/null 2>&1; then
    exit 0
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update -q
# Debian 12 has Boost 1.81 beside its default; later ones have a newer default.
boost="libboost-dev libboost-program-options-dev"
if apt-cache show libboost1.81-dev >/dev/null 2>&1; then
    boost="libboost1.81-dev libboost-program-options1.81-dev"
fi
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    $wanted $boost
