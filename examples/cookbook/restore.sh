#!/bin/bash
# A restore that cannot leave half of it: the new store is made beside the old one, checked, and put in its place.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put orders order:1 apples
digest=$(statelog export orders backup.tar --json | sed 's/.*"digest":"\([^"]*\)".*/\1/')
statelog put orders order:1 'written by mistake'

statelog import backup.tar orders.new --expect "$digest" > /dev/null
mv orders orders.before && mv orders.new orders
statelog get orders order:1; echo
statelog diff orders.before orders --keys-only || echo "that came back"

# Prints:
# apples
# ~	order:1
# that came back
