#!/bin/bash
# A snapshot each night, the newest three kept. Each is there whole or not at all, and says the digest of its content.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put orders order:1 apples
nightly() {
  statelog put orders counted "$1"
  statelog export orders "snapshots/orders-$1.tar" > /dev/null
  find snapshots -name 'orders-*.tar' | sort | head -n -3 | while IFS= read -r old; do rm -- "$old"; done
}

mkdir snapshots
for day in 2026-11-25 2026-11-26 2026-11-27 2026-11-28 2026-11-29; do nightly "$day"; done
ls snapshots
statelog verify -q snapshots/*.tar && echo "all good"

# Prints:
# orders-2026-11-27.tar
# orders-2026-11-28.tar
# orders-2026-11-29.tar
# all good
