# The recipes of examples/cookbook, each on enough to be measured; sourced by measure.mjs with statelog on the PATH.
# shellcheck shell=bash disable=SC2016,SC2317 # what others run
open_session() { # STORE: one process that is asked again and again
  local to from
  coproc SESSION { exec statelog session "$1" --short; }
  to=${SESSION[1]} from=${SESSION[0]}
  exec 3>&"$to" 4<&"$from"
  exec {to}>&- {from}<&-
}

ask() { # REQUEST: its answer into $answer
  printf '%s\n' "$1" >&3
  IFS= read -r answer <&4
}

close_session() {
  exec 3>&- 4<&-
  wait
}

marker() {
  open_session jobs
  for day in $(seq 10) $(seq 10); do
    ask '{"op":"put","key":"nightly:'"$day"'","value":"started","ifAbsent":true}'
    if [ "$answer" = + ]; then ask '{"op":"put","key":"nightly:'"$day"'","value":"done"}'; fi
  done
  ask '{"op":"count"}'
  echo "${answer#=}"
  close_session
}

lock() {
  for one in $(seq 20); do
    { if statelog put locks reindex "$one" --if-absent --wait 60; then echo "$one" >> winners; fi; } &
  done
  wait
  statelog delete locks reindex --if-value "$(cat winners)"
  wc -l < winners
}

dedup() {
  local try
  seen() {
    seq 200000 | sed 's/.*/{"key":"seen:&","value":"1","ifAbsent":true}/' |
      "$@" statelog put seen --batch - --wait 10 2> /dev/null || [ $? -lt 2 ]
  }
  for try in 0.3 0.4 0.5; do seen timeout -s KILL "$try" || :; done
  seen
  statelog scan seen --count
}

env() {
  seq 200 | sed 's/.*/app.SETTING_&\tvalue &/' | statelog put config --tsv --batch -
  eval "$(statelog scan config --prefix app. --env)"
  # shellcheck disable=SC2154 # it comes from the store
  echo "$SETTING_200"
}

queue() {
  work() { printf '{"op":"delete","key":"%s"}\n{"key":"done:%s","value":"%s"}\n' "$1" "${1#todo:}" "$(($2 * $2))"; }
  export -f work
  seq 200 | sed 's/.*/{"key":"todo:&","value":"&"}/' | statelog put queue --batch -
  statelog scan queue --prefix todo: | tr '\t' ' ' |
    xargs -P 4 -L 10 bash -c 'while [ $# -gt 1 ]; do work "$1" "$2"; shift 2; done' worker |
    statelog put queue --batch -
  statelog scan queue --prefix done: --count
}

loader() {
  seq 200000 | awk '{print "row:" $1 "\t" $1 * $1}' > rows.tsv
  timeout -s KILL 0.4 statelog put rows --tsv --batch rows.tsv --source rows.tsv > /dev/null 2>&1 || :
  statelog put rows --tsv --batch rows.tsv --source rows.tsv --wait 10 2> /dev/null
  statelog scan rows --count
}

counter() {
  local each
  open_session counters
  for _ in $(seq 10); do ask '{"op":"increment","key":"deploys"}'; done
  seq 10000 | awk '{print "{\"op\":\"increment\",\"key\":\"method:" $1 % 7 "\"}"}' >&3 &
  for ((each = 0; each < 10000; each++)); do read -r answer <&4; done
  ask '{"op":"get","key":"deploys"}'
  echo "${answer#=}"
  close_session
}

nightly() {
  seq 20000 | sed 's/.*/order:&\tapples and pears/' | statelog put orders --tsv --batch -
  mkdir snapshots
  open_session orders
  for day in 1 2 3 4 5; do
    ask '{"op":"put","key":"counted","value":"'"$day"'"}'
    statelog export orders "snapshots/orders-$day.tar" > /dev/null
  done
  close_session
  statelog verify -q snapshots/*.tar
  statelog scan "snapshots/orders-5.tar" --count
}
