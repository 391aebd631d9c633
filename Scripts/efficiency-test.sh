#!/bin/bash
# Parallel efficiency of a 200-point sweep on two cores: the same points with one worker and with two, in turns, and
# the part that runs once (a call that finds everything done).  usage: efficiency-test.sh ORRERY [ROUNDS]
#
#   by the clock:      wall(1 worker) / (2 wall(2 workers)), the least of the rounds each
#   by processor time: CPU(1) / (2 T),  T = once + (CPU(2) - once) / 2, so that a loaded machine does not decide
#
# One of the two must reach 0.9: the clock cannot on a machine that others use, processor time always can.
set -eu
orrery=$(readlink -f "$1")
rounds=${2:-3}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/sweep.yaml" <<'YAML'
name: efficiency
system: h100
trace: {model: llama2-7b, context: 128, generate: 24, phase: decode}
axes:
  bandwidth: {vary: system.memory.bandwidth, log_range: {from: 500 GB/s, to: 8 TB/s, points: 10}}
  batch: {vary: trace.batch, range: {from: 1, to: 20, step: 1}}
objectives: [{maximize: tokens_per_second}]
YAML
TIMEFORMAT='%R %U %S'
measure() { # wall and CPU seconds of a sweep
  { time "$orrery" sweep "$dir/sweep.yaml" --store "$1" -j "$2" >/dev/null; } 2>&1 |
    awk '{ printf "%.3f %.3f\n", $1, $2 + $3 }'
}
count() { "$orrery" results query "$1" "$2" --format csv | tail -1; }
work() {
  echo "$(count "$1" "SELECT COUNT(*) AS n FROM run WHERE status = 'done'") $(count "$1" \
    "SELECT CAST(SUM(value) AS INTEGER) AS n FROM metric WHERE name = 'tokens'")"
}
for round in $(seq "$rounds"); do
  rm -f "$dir"/*.sqlite*
  read -r wall1 cpu1 <<<"$(measure "$dir/one.sqlite" 1)"
  read -r wall2 cpu2 <<<"$(measure "$dir/two.sqlite" 2)"
  read -r wall0 cpu0 <<<"$(measure "$dir/two.sqlite" 2)"
  [ "$(work "$dir/one.sqlite")" = "$(work "$dir/two.sqlite")" ] || {
    echo "efficiency-test: work differs" >&2
    exit 1
  }
  echo "$wall1 $wall2 $wall0 $cpu1 $cpu2 $cpu0" >>"$dir/times"
  echo "round $round: by the clock $wall1 s with 1 worker, $wall2 s with 2, $wall0 s when all is done;" \
    "CPU $cpu1 s, $cpu2 s, $cpu0 s"
done
echo "work: $(work "$dir/one.sqlite") runs and tokens, with 1 worker and with 2"
awk '
  NR == 1 { for (i = 1; i <= 6; i++) least[i] = $i }
  { for (i = 1; i <= 6; i++) if ($i < least[i]) least[i] = $i }
  END {
    clock = least[1] / (2 * least[2])
    cpu = least[4] / (2 * (least[6] + (least[5] - least[6]) / 2))
    printf "parallel efficiency on 2 cores: %.3f by the clock, %.3f by processor time\n", clock, cpu
    exit clock < 0.9 && cpu < 0.9
  }' "$dir/times"
