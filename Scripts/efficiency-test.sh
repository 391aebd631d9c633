#!/bin/bash
# Parallel efficiency of a sweep on two cores, from CPU seconds and work counts, so that a loaded machine
# does not decide: the same points with one worker and with two, and the part that runs once (a call that
# finds everything done).  usage: efficiency-test.sh ORRERY
#
#   efficiency = CPU(1 worker) / (2 T),  T = once + (CPU(2 workers) - once) / 2
#
# T is the time that two free cores take; the time by the clock is printed beside it.
set -eu
orrery=$(readlink -f "$1")
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
read -r wall1 cpu1 <<<"$(measure "$dir/one.sqlite" 1)"
read -r wall2 cpu2 <<<"$(measure "$dir/two.sqlite" 2)"
read -r wall0 cpu0 <<<"$(measure "$dir/two.sqlite" 2)"
read -r runs1 tokens1 <<<"$(work "$dir/one.sqlite")"
read -r runs2 tokens2 <<<"$(work "$dir/two.sqlite")"
echo "work: $runs1 and $runs2 runs, $tokens1 and $tokens2 tokens with 1 and 2 workers"
echo "CPU seconds: $cpu1 with 1 worker, $cpu2 with 2, $cpu0 when all is done"
echo "by the clock: $wall1 s, $wall2 s, $wall0 s (this machine's load included)"
[ "$runs1 $tokens1" = "$runs2 $tokens2" ] || { echo "efficiency-test: work differs" >&2; exit 1; }
awk -v one="$cpu1" -v two="$cpu2" -v once="$cpu0" -v w1="$wall1" -v w2="$wall2" 'BEGIN {
  efficiency = one / (2 * (once + (two - once) / 2))
  printf "parallel efficiency on 2 free cores: %.3f (by the clock here: %.3f)\n", efficiency, w1 / (2 * w2)
  exit efficiency < 0.9
}'
