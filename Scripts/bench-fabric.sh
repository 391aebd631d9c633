#!/bin/sh
# Speed of the fabric: FIFO operations per second and, with valgrind, instructions per operation.
# Peers on a 2-core x86-64 machine: DAM (Rust) 8 to 11 M/s; an independent C++20 engine 64 to 115 M/s.
set -eu
orrery=${1:-.build/release/orrery}
n=${2:-2048}

run() { "$orrery" fabric attention --variant memory-free --keys "$n" --stepping step --json "$@"; }
operations() { run "$@" | sed -n 's/.*"fifo_operations":\([0-9]*\).*/\1/p'; }
seconds() {
  { TIMEFORMAT=%U; /usr/bin/env bash -c 'TIMEFORMAT=%U; time "$@" >/dev/null' - "$orrery" \
    fabric attention --variant memory-free --keys "$n" --stepping step --json "$@"; } 2>&1
}
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$orrery" fabric attention \
    --variant memory-free --keys "$n" --stepping step --json "$@" 2>&1 >/dev/null |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

for depth in 2 64; do
  for values in none f64; do
    # The f64 figure includes the inputs and the f64 reference of the error.
    count=$(operations --rows "$n" --depth short=$depth --values $values)
    time=$(seconds --rows "$n" --depth short=$depth --values $values)
    echo "depth $depth values $values: $count FIFO operations, $time s CPU," \
      "$(echo "$count $time" | awk '{printf "%.0f M/s", $1 / ($2 + 1e-9) / 1e6}')"
  done
  if command -v valgrind >/dev/null; then
    low=$(instructions --rows 20 --depth short=$depth)
    high=$(instructions --rows 60 --depth short=$depth)
    [ -n "$low" ] && [ -n "$high" ] || { echo "valgrind cannot read $orrery"; continue; }
    few=$(operations --rows 20 --depth short=$depth)
    many=$(operations --rows 60 --depth short=$depth)
    echo "depth $depth: $(echo "$low $high $few $many" |
      awk '{printf "%.2f", ($2 - $1) / ($4 - $3)}') instructions per operation"
  fi
done
# Intervals drawn once (1 to 3, uniform, seed 7), so that counts repeat.
for intervals in qk=3,scan=1,sum=2,pv=2,ew=1 qk=1,scan=2,sum=1,pv=3,ew=2 qk=2,scan=3,sum=3,pv=1,ew=3; do
  count=$(operations --rows "$n" --depth short=64 --ii $intervals)
  time=$(seconds --rows "$n" --depth short=64 --ii $intervals --values none)
  echo "depth 64 intervals $intervals: $count FIFO operations, $time s CPU," \
    "$(echo "$count $time" | awk '{printf "%.0f M/s", $1 / ($2 + 1e-9) / 1e6}')"
done
echo "periodic, N = 65536, timing only:"
bash -c 'time "$@" | grep cycles' - "$orrery" fabric attention --variant memory-free --rows 65536 \
  --keys 65536 --depth short=2 --json
