# The recipes of examples/cookbook, each on enough to be measured; sourced by measure.mjs with statelog on the PATH.
# shellcheck shell=bash disable=SC2016,SC2317 # what others run
marker() {
  for day in $(seq 10) $(seq 10); do
    if statelog put jobs "nightly:$day" started --if-absent; then statelog put jobs "nightly:$day" "done"; fi
  done
  statelog scan jobs --count
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
  for _ in $(seq 10); do statelog put counters deploys --increment 1 > /dev/null; done
  seq 10000 | awk '{print "{\"op\":\"increment\",\"key\":\"method:" $1 % 7 "\"}"}' | statelog put counters --batch -
  statelog get counters deploys
  echo
}

nightly() {
  seq 20000 | sed 's/.*/order:&\tapples and pears/' | statelog put orders --tsv --batch -
  mkdir snapshots
  for day in 1 2 3 4 5; do
    statelog put orders counted "$day"
    statelog export orders "snapshots/orders-$day.tar" > /dev/null
  done
  statelog verify -q snapshots/*.tar
  statelog scan "snapshots/orders-5.tar" --count
}
