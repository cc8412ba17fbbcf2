#!/bin/bash
# One of twenty that start at once does the work: whoever puts the key first. It is given back only by who holds it.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

contend() {
  if statelog put locks reindex "$1" --if-absent --wait 60; then echo "$1" >> winners; fi
}

for one in $(seq 20); do contend "host-$one" & done
wait
winner=$(cat winners)
echo "$(wc -l < winners) of 20 got it"

statelog delete locks reindex --if-value somebody-else || echo "not given back by another"
statelog delete locks reindex --if-value "$winner" && echo "given back by its holder"

# Prints:
# 1 of 20 got it
# not given back by another
# given back by its holder
