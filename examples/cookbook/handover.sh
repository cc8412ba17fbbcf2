#!/bin/bash
# One script goes on when another has done its part: it waits for a key, and is told at once, without asking again and again.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

prepare() {
  statelog put jobs extract running
  echo rows > extracted
  statelog put jobs extract "done"
}

prepare &
statelog wait jobs extract --value "done" --timeout 60 && cat extracted
wait
statelog wait jobs load --value "done" --timeout 0.1 || echo "load has not come"

# Prints:
# rows
# load has not come
