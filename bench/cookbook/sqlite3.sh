# What statelog.sh beside it does, as a script does it with the shell of sqlite3.
# shellcheck shell=bash disable=SC2016,SC2317 # what others run
TABLE='create table if not exists t(k text primary key, v text) without rowid;'

ask() { # DATABASE SQL: durable, and waits for others; PRAGMA prints what it sets
  sqlite3 -cmd '.timeout 60000' -cmd 'pragma synchronous = full' "$1" "$2"
}

made() { # DATABASE: with a write-ahead log
  sqlite3 "$1" "pragma journal_mode = wal; $TABLE" > /dev/null
}

marker() {
  made jobs.db
  for day in $(seq 10) $(seq 10); do
    if [ "$(ask jobs.db "insert or ignore into t values('nightly:$day', 'started'); select changes();")" = 1 ]; then
      ask jobs.db "replace into t values('nightly:$day', 'done');"
    fi
  done
  ask jobs.db 'select count(*) from t;'
}

lock() {
  made locks.db
  for one in $(seq 20); do
    {
      if [ "$(ask locks.db "insert or ignore into t values('reindex', '$one'); select changes();")" = 1 ]; then
        echo "$one" >> winners
      fi
    } &
  done
  wait
  ask locks.db "delete from t where k = 'reindex' and v = '$(cat winners)';"
  wc -l < winners
}

dedup() {
  local try
  made seen.db
  seen() {
    # In groups of 4,096, as the other one, so that a kill loses little.
    seq 200000 | awk -v q="'" 'NR % 4096 == 1 { if (NR > 1) print "commit;"; print "begin;" }
      { print "insert or ignore into t values(" q "seen:" $1 q ", 1);" } END { print "commit;" }' |
      "$@" sqlite3 -cmd '.timeout 60000' -cmd 'pragma synchronous = full' seen.db 2> /dev/null
  }
  for try in 0.3 0.4 0.5; do seen timeout -s KILL "$try" || :; done
  seen
  ask seen.db 'select count(*) from t;'
}

env() {
  made config.db
  seq 200 | sed 's/.*/app.SETTING_&\tvalue &/' > settings.tsv
  sqlite3 -cmd '.mode tabs' config.db '.import settings.tsv t'
  eval "$(ask config.db "select substr(k, 5) || '=' || quote(v) from t where k glob 'app.*';")"
  # shellcheck disable=SC2154 # it comes from the database
  echo "$SETTING_200"
}

queue() {
  work() { printf "begin; delete from t where k = '%s'; replace into t values('done:%s', '%s'); commit;\n" "$1" "${1#todo:}" "$(($2 * $2))"; }
  export -f work
  made queue.db
  { echo 'begin;' && seq 200 | sed "s/.*/insert into t values('todo:&', '&');/" && echo 'commit;'; } | sqlite3 queue.db
  sqlite3 -separator ' ' queue.db "select * from t where k glob 'todo:*';" |
    xargs -P 4 -L 10 bash -c 'while [ $# -gt 1 ]; do work "$1" "$2"; shift 2; done' worker |
    sqlite3 -cmd '.timeout 60000' -cmd 'pragma synchronous = full' queue.db
  ask queue.db "select count(*) from t where k glob 'done:*';"
}

loader() {
  seq 200000 | awk '{print "row:" $1 "\t" $1 * $1}' > rows.tsv
  made rows.db
  # One transaction: a kill leaves none of it, and the second run begins anew.
  timeout -s KILL 0.4 sqlite3 -cmd '.mode tabs' rows.db '.import rows.tsv t' > /dev/null 2>&1 || :
  sqlite3 -cmd '.timeout 60000' -cmd '.mode tabs' rows.db 'delete from t;' '.import rows.tsv t'
  ask rows.db 'select count(*) from t;'
}

counter() {
  made counters.db
  local upsert="on conflict(k) do update set v = v + 1"
  for _ in $(seq 10); do ask counters.db "insert into t values('deploys', 1) $upsert returning v;" > /dev/null; done
  {
    echo 'begin;'
    seq 10000 | awk -v q="'" -v upsert="$upsert" '{print "insert into t values(" q "method:" $1 % 7 q ", 1) " upsert ";"}'
    echo 'commit;'
  } | sqlite3 -cmd 'pragma synchronous = full' counters.db
  ask counters.db "select v from t where k = 'deploys';"
}

nightly() {
  made orders.db
  seq 20000 | sed 's/.*/order:&\tapples and pears/' > orders.tsv
  sqlite3 -cmd '.mode tabs' orders.db '.import orders.tsv t'
  mkdir snapshots
  for day in 1 2 3 4 5; do
    ask orders.db "replace into t values('counted', '$day');"
    sqlite3 orders.db "vacuum into 'snapshots/orders-$day.db'"
  done
  for each in snapshots/*.db; do sqlite3 "$each" 'pragma integrity_check;' > /dev/null; done
  sqlite3 snapshots/orders-5.db 'select count(*) from t;'
}
