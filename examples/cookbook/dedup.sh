#!/bin/bash
# Lines that were seen before are left out, over all runs: one process for all lines. Rejected lines are the duplicates.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

dedup() {
  sed 's/.*/{"key":"seen:&","value":"1","ifAbsent":true}/' |
    statelog put seen --batch - --rejects duplicates 2> /dev/null || [ $? -eq 1 ]
}

printf '%s\n' a b a c | dedup
printf '%s\n' c d | dedup
statelog scan seen --keys-only
echo "$(wc -l < duplicates) duplicates"

# Prints:
# seen:a
# seen:b
# seen:c
# seen:d
# 2 duplicates
