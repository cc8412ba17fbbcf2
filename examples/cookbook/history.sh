#!/bin/bash
# What happened to a key, from the log: each change with its time, one process.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put orders order:7 new
statelog put orders order:8 new
statelog put orders order:7 paid
statelog delete orders order:7

statelog wal-replay orders --key order:7 2> /dev/null | cut -f 8-

# Prints:
# put	order:7	new
# put	order:7	paid
# delete	order:7
