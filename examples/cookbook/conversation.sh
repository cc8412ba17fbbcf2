#!/bin/bash
# A script that asks again and again keeps one process: requests go in, answers come out, in order.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

coproc STORE { statelog session users; }
requests=${STORE[1]}
ask() {
  printf '%s\n' "$1" >&"$requests"
  IFS= read -r answer <&"${STORE[0]}"
  echo "$answer"
}

ask '{"op":"put","key":"user:1","value":"ann"}' > /dev/null
for number in $(seq 300); do ask "{\"op\":\"increment\",\"key\":\"visits\",\"by\":$number}" > /dev/null; done
ask '{"op":"get","key":"visits"}'
ask '{"op":"get","key":"user:1"}'
exec {requests}>&-
wait

# Prints:
# {"ok":true,"found":true,"value":"45150"}
# {"ok":true,"found":true,"value":"ann"}
