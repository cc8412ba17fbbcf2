#!/bin/bash
# A queue with four workers at a time: one process reads it, one writes down what is done; the workers need none.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

seq 12 | sed 's/.*/{"key":"todo:&","value":"&"}/' | statelog put queue --batch -

work() {
  result=$(($2 * $2))
  # Both or neither, also after a crash: a task is never lost between the two.
  printf '{"op":"delete","key":"%s"}\n{"key":"done:%s","value":"%s"}\n' "$1" "${1#todo:}" "$result"
}
export -f work

statelog scan queue --prefix todo: | tr '\t' ' ' |
  xargs -P 4 -L 1 bash -c 'work "$@"' worker |
  statelog put queue --batch -
echo "to do: $(statelog scan queue --prefix todo: --count)"
echo "done: $(statelog scan queue --prefix done: --count)"
statelog get queue done:12; echo

# Prints:
# to do: 0
# done: 12
# 144
