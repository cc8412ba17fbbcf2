#!/bin/bash
# One store is made to hold what another does: only the differences are written.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

seq 100 | sed 's/.*/{"key":"item:&","value":"&"}/' | statelog put here --batch -
cp -r here there
statelog put here item:1 changed
statelog delete here item:2
statelog put there stray 1

statelog diff there here --json | statelog put there --batch -
statelog diff there here && echo "the same"

# Prints:
# the same
