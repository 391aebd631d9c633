#!/bin/bash
# Kills a sweep at random moments, resumes it, and compares the store with that of a run that was
# never stopped; then compares worker counts.  usage: kill-test.sh ORRERY [KILLS]
set -eu
orrery=$(readlink -f "$1")
kills=${2:-20}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/sweep.yaml" <<'YAML'
name: kill-test
system: h100
trace: {model: llama2-7b, phase: decode, context: 128, generate: 8}
axes:
  bandwidth: {vary: system.memory.bandwidth, log_range: {from: 500 GB/s, to: 8 TB/s, points: 10}}
  batch: {vary: trace.batch, range: {from: 1, to: 20, step: 1}}
objectives: [{maximize: tokens_per_second}]
YAML
dump() { # everything but times of day and of the host
  local columns="id, build, system, trace, trace_digest, configuration, status, error, result"
  "$orrery" results query "$1" "SELECT $columns FROM run" --format csv
  for table in metric point coordinate sweep objective; do
    "$orrery" results query "$1" "SELECT * FROM $table" --format csv
  done
}
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" "BEGIN { printf \"%.2f\", b - a }"; }
start=$(now)
"$orrery" sweep "$dir/sweep.yaml" --store "$dir/one.sqlite" -j 1 >/dev/null
one=$(since "$start")
start=$(now)
"$orrery" sweep "$dir/sweep.yaml" --store "$dir/two.sqlite" -j 2 >/dev/null
two=$(since "$start")
start=$(now)
"$orrery" sweep "$dir/sweep.yaml" --store "$dir/two.sqlite" -j 2 >/dev/null
again=$(since "$start")
done_at=""
for _ in $(seq "$kills"); do
  "$orrery" sweep "$dir/sweep.yaml" --store "$dir/killed.sqlite" -j 2 --resume >/dev/null 2>&1 &
  pid=$!
  # The start takes about as long as a run that has nothing to do; kills fall on it and after it.
  sleep "$(awk -v r="$RANDOM" -v start="$again" -v all="$two" -v kills="$kills" \
    'BEGIN { print r / 32768 * (start + 2 * (all - start) / kills) }')"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  done_at="$done_at $("$orrery" results query "$dir/killed.sqlite" 'SELECT COUNT(*) AS n FROM run' \
    --format csv 2>/dev/null | tail -1 | grep . || echo 0)"
done
"$orrery" sweep "$dir/sweep.yaml" --store "$dir/killed.sqlite" -j 2 --resume >/dev/null
dump "$dir/one.sqlite" >"$dir/one.csv"
dump "$dir/two.sqlite" >"$dir/two.csv"
dump "$dir/killed.sqlite" >"$dir/killed.csv"
cmp "$dir/one.csv" "$dir/two.csv"
cmp "$dir/one.csv" "$dir/killed.csv"
echo "kill-test: $kills kills, runs done after each:$done_at"
echo "kill-test: stores are equal; 200 points in $one s with 1 worker, $two s with 2; again in $again s"
