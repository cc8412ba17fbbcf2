#!/bin/bash
# Only what changed since the last snapshot goes to the copy, strictly after it; a gap would be refused (8).
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

seq 1000 | sed 's/.*/{"key":"order:&","value":"new"}/' | statelog put orders --batch -
statelog checkpoint orders --keep 5 > /dev/null
statelog export orders full.tar > /dev/null
statelog import full.tar copy > /dev/null

statelog put orders order:7 paid
statelog delete orders order:8
statelog checkpoint orders > /dev/null
statelog export orders changes.ndjson --since 1 > /dev/null
statelog import changes.ndjson --onto copy > /dev/null
statelog diff orders copy && echo "the same"
echo "$(grep -c order: changes.ndjson) changes, of $(statelog scan copy --count) keys"

# Prints:
# the same
# 2 changes, of 999 keys
