#!/bin/sh
# Two boxes that share one Redis, on one machine: see README.md beside this file.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
pids=
# shellcheck disable=SC2086 # a list of numbers
stop() {
  trap - INT TERM EXIT
  kill $pids 2>/dev/null || true
  wait
  rm -rf "$dir"
}
trap stop INT TERM EXIT

redis-server --port 6390 --bind 127.0.0.1 --save '' >"$dir/redis.log" &
pids=$!

box() { # NAME ADDRESS FIRST_PORT_OF_CHILDREN
  SRS_SUPERVISOR_REGISTRY=redis://127.0.0.1:6390 \
    SRS_SUPERVISOR_CLUSTER_SECRET="$secret" \
    SRS_SUPERVISOR_CLUSTER_ADDRESS="$2" \
    SRS_SUPERVISOR_LISTEN_PEER="$2:12035" \
    SRS_SUPERVISOR_CHILDREN_PORT_BASE="$3" \
    node bin/srs-supervisor.js run --children 2 --workdir "$dir/$1" --admin "$2:12025" \
    --rtmp "$2:1935" --http "$2:8080" --api "$2:1985" --rtc "$2:8000" --srt "$2:10080" &
  pids="$pids $!"
}

until redis-cli -p 6390 ping >/dev/null 2>&1; do sleep 0.2; done
box a 127.0.0.2 21000
box b 127.0.0.3 22000
wait
