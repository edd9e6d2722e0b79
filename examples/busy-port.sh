#!/bin/sh
# What a reload costs when the new configuration asks for a port that somebody else holds. `haproxy -c`
# can't know, so the check passes. Side by side, under the same load: haproxy's own master (`-W`,
# SIGUSR2) and reloadd. Takes about 12 s after the build.
#
#   examples/busy-port.sh [NEW-CONNECTIONS-PER-SECOND]
set -eu

rate=${1:-3000}
. "$(dirname "$0")/common.sh"

reload_with_master() {
    haproxy -W -f haproxy.cfg >master.log 2>&1 &
    master=$!
    served_at 18080
    start_load
    write_config 'bind 127.0.0.1:18082'
    kill -USR2 "$master"
    sleep 3.5
    finish_load
    kill "$master"
    wait "$master" 2>/dev/null || true
    master=''
}

reload_with_reloadd() {
    "$reloadd" --runtime-dir "$work/run" -- haproxy -f haproxy.cfg 2>supervisor.log &
    supervisor=$!
    served_at 18080
    start_load
    write_config 'bind 127.0.0.1:18082'
    code=0
    reloadctl reload || code=$?
    echo "(exit code $code)"
    sleep 3.5
    finish_load
    reloadctl stop >/dev/null
    wait "$supervisor"
    supervisor=''
}

start_squatter
for way in master reloadd; do
    write_config
    echo
    echo "== haproxy under $way, a reload that asks for a busy port"
    "reload_with_$way"
    show_losses
done
