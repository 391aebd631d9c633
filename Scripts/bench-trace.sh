#!/bin/sh
# Writes and reads a trace of 1 000 000 decode operators: records per CPU second, resident memory.
# Usage: Scripts/bench-trace.sh [RECORDS [LEVEL]]
set -eu
cd "$(dirname "$0")/.."
swift build -c release -j 2 --product trace-benchmark >&2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
file="$directory/trace.jsonl.zst"
"$(swift build -c release --show-bin-path)/trace-benchmark" "$file" "${1:-1000000}" ${2:+"$2"}
echo "compressed bytes   $(wc -c < "$file")"
