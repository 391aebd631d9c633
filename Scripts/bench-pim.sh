#!/bin/sh
# NPU and PIM: one layer (with embedding and head) of 512 ShareGPT-like requests on system neupims at command level, all
# channels simulated. Instructions (callgrind, repeatable), then CPU seconds and memory beside the goals.
# The reference simulator needs 96 s and 1.3 GB for the 7B layer.
# Usage: Scripts/bench-pim.sh [path of orrery, built for release and stripped]
set -eu
orrery=${1:-.build/release/orrery}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf '%-12s %8s %10s %16s %8s %9s   %s\n' model devices cycles instructions "CPU, s" "RSS, MiB" goal
# model devices goal
layer() {
  "$orrery" trace emit --model "$1" --lengths sharegpt-like --batch 512 --seed 1 --layers 1 \
    --fuse full -o "$dir/$1.jsonl.zst" 2>/dev/null
  set -- "$1" "$2" "$3" simulate "$dir/$1.jsonl.zst" --system neupims --set "parallel.tensor=$2" \
    --fidelity cycle --allow-oversubscription --json
  model=$1 devices=$2 goal=$3
  shift 3
  cycles=$("$orrery" "$@" | sed -n 's/.*"cycles": *\([0-9]*\).*/\1/p' | head -n 1)
  count=-
  if command -v valgrind >/dev/null 2>&1; then
    count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$orrery" "$@" 2>&1 >/dev/null |
      sed -n 's/.*Collected : //p')
  fi
  used=$(/usr/bin/env python3 - "$orrery" "$@" <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%8.2f %9.1f" % (used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
END
  )
  printf '%-12s %8s %10s %16s %s   %s\n' "$model" "$devices" "$cycles" "$count" "$used" "$goal"
}
layer gpt3-7b 4 "under 1 s and 200 MB"
layer gpt3-175b 8 "under 3 s"
