#!/bin/sh
# Instructions per request of the memory, as the slope between two sizes under callgrind with statistics on, beside our
# targets and the peers' figures (Ramulator 2.1 and DRAMsim3, the same streams); then times and memory of whole devices.
# Usage: Scripts/bench-dram.sh [path of orrery, built for release and stripped]
set -eu
orrery=${1:-.build/release/orrery}
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$orrery" dram stream --standard "$1" \
    --pattern "$2" --stepping "$3" --refresh "$4" --requests "$5" --json 2>&1 |
    sed -n 's/.*Collected : //p'
}
# standard pattern stepping refresh small large target peers
line() {
  small=$(count "$1" "$2" "$3" "$4" "$5")
  large=$(count "$1" "$2" "$3" "$4" "$6")
  slope=$(((large - small) / ($6 - $5)))
  mark=
  if [ "$7" != - ] && [ $slope -gt "$7" ]; then mark=' (missed)'; fi
  printf '%-16s %-11s %-9s %-9s %12s %8s   %s%s\n' "$1" "$2" "$3" "$4" $slope "$7" "$8" "$mark"
}
printf '%-16s %-11s %-9s %-9s %12s %8s   %s\n' standard pattern stepping refresh \
  instructions target "peers (Ramulator 2.1, DRAMsim3)"
for standard in hbm2-2000 ddr4-2400 hbm3-6400 lpddr5-6400 hbm2-neupims hbm3-5.2-duplex \
  hbm2-a100 hbm2e-3200 hbm3-5.2-attacc gddr6-aim hbm4-8000; do
  peers=-
  others=-
  if [ $standard = hbm2-2000 ]; then
    peers="54 300, 29 200"
    others="92 400, 71 300"
  fi
  line $standard sequential skip all-bank 10000 30000 700 "$peers"
  line $standard random skip all-bank 10000 30000 3500 "$others"
  line $standard rw21 skip all-bank 10000 30000 - -
  line $standard sequential coalesce none 100000 300000 50 "$peers"
  line $standard sequential coalesce all-bank 100000 300000 50 "$peers"
  # A read beside a refresh of each bank in turn: nothing repeats.
  if grep -q per_bank "configs/memories/$standard.yaml" 2>/dev/null; then
    line $standard sequential coalesce per-bank 100000 200000 - -
  fi
done
printf '\n%-16s %-11s %8s %9s %10s\n' standard pattern channels "CPU, s" "RSS, KiB"
# standard pattern channels: 1 GiB with coalesce, every channel simulated
whole() {
  /usr/bin/env python3 - "$orrery" "$1" "$2" "$3" <<'END'
import resource, subprocess, sys
orrery, standard, pattern, channels = sys.argv[1:]
subprocess.run([orrery, "dram", "stream", "--standard", standard, "--pattern", pattern, "--channels",
                channels, "--bytes", "1GiB", "--stepping", "coalesce", "--json"],
               check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%-16s %-11s %8s %9.2f %10d" % (standard, pattern, channels, used.ru_utime + used.ru_stime,
                                      used.ru_maxrss))
END
}
whole hbm2-neupims sequential 32
whole hbm3-5.2-duplex sequential 160
whole hbm2-neupims rw21 32
whole hbm2-neupims stride 32
