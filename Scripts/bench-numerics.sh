#!/bin/sh
# Speed of matrix products at each instruction set beside the processor's peak without fused
# multiply-add, and of decoding with a 110 M-parameter Llama; instructions where valgrind is there.
set -eu
cd "$(dirname "$0")/.."
swift build -c release --product numerics-benchmark -j "${JOBS:-2}" >&2
.build/release/numerics-benchmark "$@"
command -v valgrind >/dev/null 2>&1 || exit 0
[ $# -eq 0 ] || exit 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
strip -g -o "$folder/numerics-benchmark" .build/release/numerics-benchmark
# Instructions of a run, from which the difference of two runs takes the set-up away.
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$folder/numerics-benchmark" "$@" 2>&1 |
    awk '/Collected/ { print $NF }'
}
one=$(count count 384)
two=$(count count 768)
echo "$one $two" | awk '{
  printf "gemm f32 avx2: %.3f instructions per FLOP (two of a vector each 8: 0.125 for the arithmetic alone)\n",
    ($2 - $1) / (2 * (768 ^ 3 - 384 ^ 3)) }'
short=$(count tokens 2)
long=$(count tokens 4)
echo "$short $long" | awk '{ printf "decode, 1 thread, avx2: %.1f million instructions a token\n", ($2 - $1) / 2e6 }'
