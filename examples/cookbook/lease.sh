#!/bin/bash
# A lock that runs out: the value says until when. Whoever finds it over takes it from exactly that holder, so of two only one does.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

lease() { # NAME NOW: for 60 seconds
  until=$(($2 + 60))
  if statelog put leases backup "$until $1" --if-absent --wait 10; then
    echo "$1 has it until $until"
    return
  fi
  held=$(statelog get leases backup)
  if [ "${held%% *}" -le "$2" ] && statelog put leases backup "$until $1" --if-value "$held" --wait 10; then
    echo "$1 took it over until $until"
  else
    echo "$1 waits: $held"
  fi
}

lease host-a 1000
lease host-b 1030
lease host-b 1060

# Prints:
# host-a has it until 1060
# host-b waits: 1060 host-a
# host-b took it over until 1120
