#!/bin/bash
# Counters: one at a time for what happens now and then, a batch for many.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put counters deploys --increment 1
statelog put counters deploys --increment 1

printf '%s\n' GET POST GET GET |
  sed 's/.*/{"op":"increment","key":"method:&"}/' |
  statelog put counters --batch -
statelog scan counters --prefix method:

# Prints:
# 1
# 2
# method:GET	3
# method:POST	1
