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

eval "$(statelog scan config --prefix app. --env)"
export DATABASE_URL GREETING
echo "$DATABASE_URL"
echo "$GREETING"
echo "${SECRET-not set}"

# Prints:
# postgres://db/orders
# it's "here"
# not set
