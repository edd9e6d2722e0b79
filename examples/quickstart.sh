#!/bin/sh
# Shows on this machine what reloadd is for: a real haproxy with a plain configuration, reloaded under
# load. One reload has a broken configuration, one meets a busy port, and once the worker is killed.
# Installs what is missing (apt), builds, runs for about 15 s, prints what was lost, cleans up.
#
#   examples/quickstart.sh [NEW-CONNECTIONS-PER-SECOND]
set -eu

rate=${1:-2000}
. "$(dirname "$0")/common.sh"

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
start_load

step 'reload' reloadctl reload
write_config 'bind 127.0.0.1:18081'
step 'reload, a port added' reloadctl reload
write_config 'this is no keyword'
step 'reload, broken configuration' reloadctl reload
# `haproxy -c` can't know that somebody else has the port.
start_squatter
write_config 'bind 127.0.0.1:18082'
step 'reload, busy port' reloadctl reload
end_squatter
write_config
step 'kill -9 of the worker' kill_worker
step 'reload, the port removed again' reloadctl reload
for _ in 1 2 3; do
    step 'reload' reloadctl reload
done

finish_load

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
show_losses
echo 'Only a connection that the killed worker had in its hands can be lost; none may be refused.'
reloadctl stop >/dev/null
wait "$supervisor"
supervisor=''
