#!/bin/sh
# Writes the traces below traces/ with the given orrery binary; each header names its command.
set -eu
orrery=$1
cd "$(dirname "$0")/.."
"$orrery" trace emit --model llama3-8b --batch 16 --context 2048 --generate 2 --phase decode \
  -o traces/llama3-8b-decode.jsonl.zst
"$orrery" trace emit --model mixtral-8x7b --batch 4 --prompt 512,300,128,64 --generate 2 \
  -o traces/mixtral-8x7b-ragged.jsonl.zst
"$orrery" trace emit --model gpt3-7b --batch 64 --context 1024 --generate 1 --phase decode \
  -o traces/gpt3-7b-decode.jsonl.zst
"$orrery" trace emit --model gpt3-7b --layers 1 --batch 8 --context 512 --generate 1 \
  --phase decode -o traces/small-decode.jsonl.zst
