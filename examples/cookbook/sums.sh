#!/bin/bash
# A table from a prefix: the lines of scan are keys and values between tabs, in order.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

statelog put sales --tsv --batch - << 'ROWS'
2026-11:book	12
2026-11:pen	3
2026-12:book	20
ROWS

statelog scan sales | awk -F '[:\t]' '{sum[$1] += $3} END {for (month in sum) print month, sum[month]}' | sort
statelog scan sales --prefix 2026-11: --reverse --limit 1

# Prints:
# 2026-11 15
# 2026-12 20
# 2026-11:pen	3
