#!/bin/bash
# Has anything changed since the last look? The exit code says it, the lines say what.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put config --tsv --batch - <<< $'port\t80\nname\tshop'
cp -r config config.seen
statelog put config port 8080

if ! statelog diff -q config.seen config; then
  statelog diff config.seen config
fi

# Prints:
# ~	port	80	8080
