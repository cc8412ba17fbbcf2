#!/bin/bash
# At most three attempts: the counter is on disk before the attempt begins, so that a crash counts, too.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

attempt() {
  number=$(statelog put retries "mail:$1" --increment 1)
  if [ "$number" -gt 3 ]; then
    echo "$1: given up"
  else
    echo "$1: attempt $number"
  fi
}

for _ in 1 2 3 4; do attempt 17; done
statelog delete retries mail:17 && echo "17: from the beginning"
attempt 17

# Prints:
# 17: attempt 1
# 17: attempt 2
# 17: attempt 3
# 17: given up
# 17: from the beginning
# 17: attempt 1
