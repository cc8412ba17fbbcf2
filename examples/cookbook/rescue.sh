#!/bin/bash
# After a damage: all that is good, in a new place, and the keys that lost their last change.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

seq 200 | sed 's/.*/{"key":"order:&","value":"apples"}/' | statelog put orders --batch -
printf 'XX' | dd of=orders/wal/1/wal-0.log bs=1 seek=900 conv=notrunc 2> /dev/null

statelog repair orders --into whole --json > report.ndjson || echo "exit code $?"
sed -n 's/^{"lostKey":{"key":"\([^"]*\)".*/lost: \1/p' report.ndjson
statelog verify -q whole && statelog scan whole --count

# Prints:
# exit code 3
# 199
