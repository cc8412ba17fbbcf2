#!/bin/bash
# Asks a process in another one, as a script does: bash session.sh WINDOW COUNT KIND statelog|sqlite3 PROGRAM…
# WINDOW requests wait at a time; KIND is reads, puts or mixed (three reads to a put). Prints how many
# microseconds all took, and how many hundredths of a second of the processor's time, of both. What was put is on disk,
# of either, when a window is over.
set -eu
window=$1 count=$2 kind=$3 side=$4
shift 4
KEYS=1000
value=0123456789012345678901234567890123456789

coproc asked { exec "$@"; }
# shellcheck disable=SC2154 # bash sets it
process=$asked_PID
input=${asked[1]} output=${asked[0]}
exec 3>&"$input" 4<&"$output"
exec {input}>&- {output}<&-
if [ "$side" = statelog ]; then
  read_one='{"op":"get","key":"key:%d"}\n' put_one='{"op":"put","key":"key:%d","value":"'$value'"}\n' begin='' commit=''
else
  echo 'pragma journal_mode = wal; pragma synchronous = full; create table t(k text primary key, v text) without rowid;' >&3
  read -r _ <&4
  read_one="select v from t where k = 'key:%d';\n" put_one="replace into t values('key:%d', '$value') returning 1;\n"
  # What waits is one transaction: one sync for all of it. Its rows come before it is committed, so one more is asked for.
  begin='begin;\n' commit='commit; select 1;\n'
fi
[ "$window" -gt 1 ] || begin='' commit=''
case $kind in
  reads) formats="$read_one" begin='' commit='' ;;
  puts) formats="$put_one" ;;
  mixed) formats="$put_one$read_one$read_one$read_one" ;;
esac
committed=$((${#commit} > 0))

answers() { # how many, and the last one into $last
  local each
  for ((each = 0; each < $1; each++)); do read -r last <&4; done
}
processor_time() { # into $ticks
  local fields
  ticks=0
  for pid in $$ "$process"; do
    read -r -a fields < "/proc/$pid/stat"
    ticks=$((ticks + fields[13] + fields[14]))
  done
}

# The keys once, so that each read finds one.
for ((from = 0; from < KEYS; from += 50)); do
  mapfile -t keys < <(seq "$from" $((from + 49)))
  # shellcheck disable=SC2059 # the format is ours
  printf "$put_one" "${keys[@]}" >&3
  answers 50
done

processor_time
before=$ticks
started=${EPOCHREALTIME/./}
for ((done = 0; done < count; done += window)); do
  keys=()
  for ((each = 0; each < window; each++)); do keys+=($(((done + each) * 7 % KEYS))); done
  # shellcheck disable=SC2059
  {
    printf "$begin"
    printf "$formats" "${keys[@]}"
    printf "$commit"
  } >&3
  answers $((window + committed))
done
ended=${EPOCHREALTIME/./}
[ -n "$last" ]
processor_time
echo $((ended - started)) $((ticks - before))
exec 3>&- 4<&-
wait "$process"
