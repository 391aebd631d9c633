#!/bin/sh
# Speed of matrix products at each instruction set, and of decoding with a 110 M-parameter Llama.
set -eu
cd "$(dirname "$0")/.."
swift build -c release --product numerics-benchmark -j "${JOBS:-2}" >&2
.build/release/numerics-benchmark "$@"
