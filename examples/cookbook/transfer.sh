#!/bin/bash
# Two changes or neither, in one session: an amount goes from one account to the other if the first one has exactly what was read.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put accounts --tsv --batch - <<< $'alice\t100\nbob\t20'
move() { # AMOUNT HAS
  printf '{"op":"group","operations":[{"op":"check","key":"alice","ifValue":"%s"},{"op":"increment","key":"alice","by":-%s},{"op":"increment","key":"bob","by":%s}]}\n' "$2" "$1" "$1"
}

{ move 30 100; move 30 100; move 30 70; } | statelog session accounts | sed 's/.*"applied":\([a-z]*\).*/\1/'
statelog scan accounts

# Prints:
# true
# false
# true
# alice	40
# bob	80
