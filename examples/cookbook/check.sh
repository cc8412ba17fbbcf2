#!/bin/bash
# A nightly check: the exit code says what to do, and a page shows what is wrong.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

check() {
  code=0
  statelog verify -q "$1" --report "$1.html" || code=$?
  case $code in
    0) echo "$1: good" ;;
    4) echo "$1: a last write was not finished, which the next writer cuts" ;;
    *) echo "$1: exit code $code, see $1.html" ;;
  esac
}

for name in good damaged; do seq 200 | sed 's/.*/{"key":"&","value":"&"}/' | statelog put $name --batch -; done
printf 'X' | dd of=damaged/wal/1/wal-0.log bs=1 seek=900 conv=notrunc 2> /dev/null
check good
check damaged
grep -o '<h1>[^<]*' damaged.html

# Prints:
# good: good
# damaged: exit code 3, see damaged.html
# <h1>Damage was found
