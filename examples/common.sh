# What the shows in this folder share: building, a plain configuration, the load, cleaning up. Sourced.
# shellcheck shell=sh disable=SC2034 # its variables are used by those that source it

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/quickstart

"$root/tools/packages.sh" build
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DRELOAD_TESTS=OFF \
    -DRELOAD_LOAD_CLIENT=ON >/dev/null
cmake --build "$build"
reloadd=$build/src/reloadd

work=$(mktemp -d)
cd "$work"
supervisor='' load='' squatter='' master=''
clean_up() {
    for pid in $load $squatter $supervisor $master; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    cd / && rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

reloadctl() { "$build/src/reloadctl" --socket "$work/run/control.sock" "$@"; }

# write_config [BIND-LINE]: a plain configuration. Which process answered, and for which generation, is
# told by a header; nothing else in it knows of reloadd.
write_config() {
    cat >haproxy.cfg <<EOF
global
    maxconn 2000
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend web
    bind 127.0.0.1:18080
    ${1:-}
    http-request return status 200 content-type text/plain hdr x-served-by "\${RELOADD_GENERATION-none}" string "hello"
EOF
}

served_at() { until curl -s -o /dev/null "http://127.0.0.1:$1/"; do sleep 0.02; done; }

# Somebody else's process on port 18082, which it doesn't share.
start_squatter() {
    cat >squatter.cfg <<'EOF'
global
    noreuseport
defaults
    mode http
    timeout client 1s
frontend squatter
    bind 127.0.0.1:18082
    http-request return status 200
EOF
    haproxy -db -f squatter.cfg >/dev/null 2>&1 &
    squatter=$!
    served_at 18082
}
end_squatter() {
    kill "$squatter"
    wait "$squatter" 2>/dev/null || true
    squatter=''
}

start_load() {
    rm -f answered
    "$build/test/load/load_client" --target 127.0.0.1:18080 --rate "$rate" --keepalive 50 \
        --duration 600s --failures failures.txt --ready-file answered >load.json &
    load=$!
    until [ -e answered ]; do sleep 0.01; done
}
finish_load() {
    kill "$load"
    wait "$load" || true
    load=''
}

show_losses() {
    jq -r '"\(.new.started) new connections: \(.new.ok) answered, " +
           "refused \(.new.failed.refused), reset \(.new.failed.reset), " +
           "timed out \(.new.failed.timeout), cut short \(.new.failed.cut_short), " +
           "wrong \(.new.failed.wrong_answer), other \(.new.failed.other)\n" +
           "\(.keepalive.requests) requests on kept-alive connections: \(.keepalive.ok) answered"' \
        load.json
}
