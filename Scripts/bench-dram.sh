#!/bin/sh
# Instructions per request of the memory, as the slope between two sizes under callgrind, beside the peers' figures.
# Usage: Scripts/bench-dram.sh [path of orrery, built for release]
set -eu
orrery=${1:-.build/release/orrery}
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$orrery" dram stream --standard "$1" \
    --pattern "$2" --stepping "$3" --requests "$4" --json 2>&1 | sed -n 's/.*Collected : //p'
}
slope() {
  small=$(count "$1" "$2" "$3" "$4")
  large=$(count "$1" "$2" "$3" "$5")
  echo $(((large - small) / ($5 - $4)))
}
printf '%-12s %-11s %-9s %12s   %s\n' standard pattern stepping instructions "peers (Ramulator 2.1, DRAMsim3)"
printf '%-12s %-11s %-9s %12s   %s\n' \
  hbm2-2000 sequential skip "$(slope hbm2-2000 sequential skip 10000 30000)" "54 300, 29 200" \
  hbm2-2000 random skip "$(slope hbm2-2000 random skip 10000 30000)" "92 400, 71 300" \
  ddr4-2400 sequential skip "$(slope ddr4-2400 sequential skip 10000 30000)" "-" \
  hbm2-2000 sequential coalesce "$(slope hbm2-2000 sequential coalesce 100000 300000)" "54 300, 29 200"
