#!/bin/sh
# A job that remembers between runs what it has done. Each change is on disk when its command returns, and every answer is
# an exit code: 0 is yes, 1 is no. Run it with `statelog` on the PATH.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

notify() {
  # --if-absent makes sure that each invoice is sent once, even by two jobs at a time.
  if statelog put sent "invoice:$1" now --if-absent --wait 5; then
    echo "invoice $1 is sent"
  else
    echo "invoice $1 was sent before"
  fi
}

notify 17
notify 18
notify 17

# A batch with a source goes on where it stopped: run it again, and nothing is done twice.
printf '%s\n' '{"key":"seen:a","value":"1"}' '{"key":"seen:b","value":"1"}' > new.ndjson
statelog put sent --batch new.ndjson --source till --ack
statelog put sent --batch new.ndjson --source till --ack
statelog scan sent --prefix invoice: --count

# Prints:
# invoice 17 is sent
# invoice 18 is sent
# invoice 17 was sent before
# {"acknowledged":2}
# {"acknowledged":2}
# 2
