#!/bin/sh
# xPU + PIM: seconds of CPU of one Mixtral decode stage (batch 32, four devices) and of 1 000 stages of
# continuous batching, and that the short ways give the same result.  usage: bench-duplex.sh ORRERY
set -eu
orrery=$(readlink -f "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/requests.yaml" <<'YAML'
seed: 7
arrivals: {process: closed_loop}
prompt: {mean: 1024}
output: {mean: 1024}
batch_limit: 32
starts_staggered: true
YAML
"$orrery" trace emit --model mixtral-8x7b --batch 32 --context 2145 --generate 1 --phase decode \
  -o "$dir/stage.jsonl.zst" 2>/dev/null
measure() { # measure LABEL COMMAND...: CPU seconds of a command, its output thrown away
  label=$1
  shift
  bash -c 'TIMEFORMAT="%U + %S s"; time "$@" >/dev/null' bench "$@" 2>"$dir/time"
  printf '%-64s %s\n' "$label" "$(cat "$dir/time")"
}
system=duplex-paper-pe-et
stage="simulate $dir/stage.jsonl.zst --system $system --fidelity cycle"
long="--channels all --set command_level.reuses_kernels=false"
# shellcheck disable=SC2086
measure "one stage, cycle, equal channels and kernels once (goal 0.3 s)" \
  "$orrery" $stage --channels symmetric
# shellcheck disable=SC2086
measure "one stage, cycle, all channels, no reuse (goal 10 s)" "$orrery" $stage $long
# shellcheck disable=SC2086
"$orrery" $stage --channels symmetric >"$dir/short"
# shellcheck disable=SC2086
"$orrery" $stage $long >"$dir/long"
cmp "$dir/short" "$dir/long" && echo "one stage: both give the same result"
for fidelity in analytic cycle; do
  measure "1 000 stages, $fidelity" "$orrery" serve --system $system --model mixtral-8x7b \
    --requests "$dir/requests.yaml" --stages 1000 --fidelity $fidelity --json
done
