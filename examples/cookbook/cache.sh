#!/bin/bash
# What takes long is made once: the value, or the exit code 1 and a value to be put.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

slow() { echo "computed $1" >&2; echo "$1" | rev; }
cached() {
  statelog get cache "$1" 2> /dev/null && return
  slow "$1" > made
  statelog put cache "$1" --file made --wait 10
  cat made
}

statelog create cache
cached stressed 2>&1
cached stressed 2>&1

# Prints:
# computed stressed
# desserts
# desserts
