#!/bin/bash
# Settings from a store into the environment of a program: one process for all of them.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put config --tsv --batch - << 'SETTINGS'
app.DATABASE_URL	postgres://db/orders
app.GREETING	it's "here"
other.SECRET	not for this one
SETTINGS

while IFS=$'\t' read -r key value; do
  export "${key#app.}=$value"
done < <(statelog scan config --prefix app.)
echo "$DATABASE_URL"
echo "$GREETING"
echo "${SECRET-not set}"

# Prints:
# postgres://db/orders
# it's "here"
# not set
