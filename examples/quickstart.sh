#!/bin/sh
# Shows on this machine what reloadd is for: a real haproxy with a plain configuration, reloaded under
# load. One reload has a broken configuration, one meets a busy port, and once the worker is killed.
# Installs what is missing (apt), builds, runs for about 15 s, prints what was lost, cleans up.
#
#   examples/quickstart.sh [NEW-CONNECTIONS-PER-SECOND]
set -eu

rate=${1:-2000}
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/quickstart

"$root/tools/packages.sh" build
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DRELOAD_TESTS=OFF \
    -DRELOAD_LOAD_CLIENT=ON >/dev/null
cmake --build "$build"
reloadd=$build/src/reloadd
load_client=$build/test/load/load_client

work=$(mktemp -d)
cd "$work"
reloadctl() { "$build/src/reloadctl" --socket "$work/run/control.sock" "$@"; }
supervisor='' load='' squatter=''
clean_up() {
    for pid in $load $squatter $supervisor; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    cd / && rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# A plain configuration. The environment variable only makes visible who answered.
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
    http-request return status 200 content-type text/plain hdr x-served-by "\${RELOADD_GENERATION}" string "hello"
EOF
}

# One step of the show: what is done, and what became of it.
now_ms() { echo $(($(date +%s%N) / 1000000)); }
step() {
    title=$1
    shift
    began=$(($(now_ms) - started))
    code=0
    "$@" >last.out 2>&1 || code=$?
    serving=$(reloadctl status --json | jq .serving)
    printf '%s\t%s\t%s\t%s\t%s\n' "$began" "$title" "$code" "$serving" \
        "$(sed -nE 's/: generation.*\((.*)\)$/ (\1)/; /^(committed|rejected|replaced)/p' last.out)" \
        >>steps.tsv
    sleep 1.2 # a pause between the steps, so that the table has something to count
}
serving_pid() {
    reloadctl status --json | jq '.generations[] | select(.phase == "serving").pid'
}
kill_worker() {
    killed=$(serving_pid)
    kill -9 "$killed"
    until [ -n "$(serving_pid)" ] && [ "$(serving_pid)" != "$killed" ]; do sleep 0.02; done
    echo 'replaced: a new worker runs the same configuration'
}

write_config
"$reloadd" --runtime-dir "$work/run" -- haproxy -f haproxy.cfg 2>supervisor.log &
supervisor=$!
until reloadctl health >/dev/null 2>&1; do
    kill -0 "$supervisor" 2>/dev/null || {
        cat supervisor.log
        exit 1
    }
    sleep 0.05
done

echo "reloadd serves; $rate new connections a second and 50 kept alive, for about 15 s ..."
started=$(now_ms)
"$load_client" --target 127.0.0.1:18080 --rate "$rate" --keepalive 50 --duration 600s \
    --failures failures.txt --ready-file answered >load.json &
load=$!
until [ -e answered ]; do sleep 0.01; done

step 'reload' reloadctl reload
write_config 'bind 127.0.0.1:18081'
step 'reload, a port added' reloadctl reload
write_config 'this is no keyword'
step 'reload, broken configuration' reloadctl reload
# Somebody else takes the port that the next configuration asks for; `haproxy -c` can't know.
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
until curl -s -o /dev/null http://127.0.0.1:18082/; do sleep 0.02; done
write_config 'bind 127.0.0.1:18082'
step 'reload, busy port' reloadctl reload
kill "$squatter"
wait "$squatter" 2>/dev/null || true
squatter=''
write_config
step 'kill -9 of the worker' kill_worker
step 'reload, the port removed again' reloadctl reload
for _ in 1 2 3; do
    step 'reload' reloadctl reload
done

kill "$load"
wait "$load" || true
load=''

echo
printf '%-32s %4s  %10s  %s\n' 'what was done' 'exit' 'serves now' 'what came of it'
while IFS="$(printf '\t')" read -r _ title code serving said; do
    printf '%-32s %4s  %10s  %s\n' "$title" "$code" "$serving" "$said"
done <steps.tsv

echo
echo 'what the clients saw, generation by generation:'
printf '%10s  %18s  %8s  %s\n' 'generation' 'from - to' 'answers' 'lost while it served'
# A failure belongs to the generation that had answered last when it happened.
jq -r '.served_by | to_entries | sort_by(.key | tonumber)[]
       | [.key, .value.first_ms, .value.last_ms, .value.answers] | @tsv' load.json >generations.tsv
grep -v '^#' failures.txt 2>/dev/null >failures.tsv || true
awk '
    NR == FNR { n++; id[n] = $1; first[n] = $2; last[n] = $3; answers[n] = $4; next }
    $1 + 0 == $1 {
        at = 1
        for (i = 1; i <= n; i++) if (first[i] <= $1) at = i
        lost[at]++
        classes[at "," $2]++
        seen[$2] = 1
    }
    END {
        for (i = 1; i <= n; i++) {
            text = lost[i] + 0
            for (class in seen) if (classes[i "," class]) text = text ", " class " " classes[i "," class]
            printf "%10s  %7.1fs - %6.1fs  %8d  %s\n", id[i], first[i] / 1000, last[i] / 1000, answers[i], text
        }
    }' generations.tsv failures.tsv

echo
jq -r '"\(.new.started) new connections: \(.new.ok) answered, " +
       "refused \(.new.failed.refused), reset \(.new.failed.reset), " +
       "timed out \(.new.failed.timeout), cut short \(.new.failed.cut_short), " +
       "wrong \(.new.failed.wrong_answer), other \(.new.failed.other)\n" +
       "\(.keepalive.requests) requests on kept-alive connections: \(.keepalive.ok) answered"' load.json
echo 'Only a connection that the killed worker had in its hands can be lost; none may be refused.'
reloadctl stop >/dev/null
wait "$supervisor"
supervisor=''
