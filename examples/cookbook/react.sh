#!/bin/bash
# A command for each change, in order, none left out and none twice: here settings are written to files as they change.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

mkdir files
statelog put settings motd hello

# What is there comes first; three changes, and it ends.
# shellcheck disable=SC2016 # its shell has these variables
statelog watch settings --limit 3 --exec 'cat > "files/$STATELOG_KEY"; echo "$STATELOG_OP $STATELOG_KEY"' &
until [ -s files/motd ]; do :; done
statelog put settings motd welcome --wait 10
statelog put settings banner maintenance --wait 10
wait
cat files/motd; echo

# Prints:
# put motd
# put motd
# put banner
# welcome
