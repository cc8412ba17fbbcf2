#!/bin/bash
# A cron job that does its work once a day, however often it is started: the marker is on disk before the work begins.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

nightly() {
  if statelog put jobs "nightly:$1" started --if-absent --wait 10; then
    echo "$1: doing it"
    statelog put jobs "nightly:$1" "done"
  else
    echo "$1: $(statelog get jobs "nightly:$1") before"
  fi
}

nightly 2026-11-28
nightly 2026-11-29
nightly 2026-11-29

# Prints:
# 2026-11-28: doing it
# 2026-11-29: doing it
# 2026-11-29: done before
