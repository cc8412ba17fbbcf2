#!/bin/bash
# A loader that goes on where it stopped: lines and how many were taken are on disk together.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

seq 5000 | awk '{print "row:" $1 "\t" $1 * $1}' > rows.tsv

# The first run is killed when it has written something.
statelog put rows --tsv --batch rows.tsv --source rows.tsv --ack > acknowledged &
loader=$!
until [ -s acknowledged ]; do :; done
kill -9 "$loader" 2> /dev/null || :
wait "$loader" 2> /dev/null || :

statelog put rows --tsv --batch rows.tsv --source rows.tsv --wait 10 2> /dev/null
statelog scan rows --count
statelog get rows row:5000; echo

# Prints:
# 5000
# 25000000
