#!/bin/sh
# Every benchmark: work counts, instructions where valgrind is there, and CPU times.
set -eu
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null 2>&1; then
  echo "bench: valgrind is missing: instruction counts are left out (apt-get install valgrind)" >&2
fi
echo "== whole runs: seconds of CPU, analytic fidelity"
orrery=.build/release/orrery
trace=$(mktemp -d)
trap 'rm -rf "$trace"' EXIT
# valgrind cannot read the debug information of the toolchain: a copy without it is measured.
strip -g -o "$trace/orrery" "$orrery"
orrery="$trace/orrery"
"$orrery" trace emit --model gpt3-175b --batch 64 --context 1024 --generate 16 \
  -o "$trace/gpt3-175b.jsonl.zst" 2>/dev/null
/usr/bin/env bash -c 'TIMEFORMAT="gpt3-175b, 96 layers, 16 decode steps: %U s user"; time "$0" simulate "$1" --system h100 --allow-oversubscription >/dev/null' \
  "$orrery" "$trace/gpt3-175b.jsonl.zst"
echo "== traces"
sh Scripts/bench-trace.sh
if command -v valgrind >/dev/null 2>&1; then
  echo "== memory"
  sh Scripts/bench-dram.sh "$orrery"
fi
echo "== xPU and PIM"
sh Scripts/bench-duplex.sh "$orrery"
echo "== NPU and PIM"
sh Scripts/bench-pim.sh "$orrery"
echo "== fabric"
sh Scripts/bench-fabric.sh "$orrery"
echo "== numerics"
sh Scripts/bench-numerics.sh
