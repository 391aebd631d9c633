#!/bin/bash
# Opens report pages in headless Chromium with the network off, in light and dark: every chart must be
# drawn and the console must stay silent.  usage: page-test.sh ORRERY [FOLDER FOR SCREENSHOTS]
set -eu
orrery=$(readlink -f "$1")
pictures=${2:-}
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$orrery" sweep neupims-batch --store "$dir/s.sqlite" --report "$dir/sweep" >/dev/null
"$orrery" trace emit --model llama3-8b --batch 16 --context 2048 --generate 2 --phase decode \
  -o "$dir/t.jsonl.zst" 2>/dev/null >/dev/null
"$orrery" simulate "$dir/t.jsonl.zst" --system h100 --report "$dir/result" >/dev/null
cat >"$dir/requests.yaml" <<'YAML'
seed: 7
count: 60
arrivals: {process: poisson, rate: 30}
prompt: {distribution: gaussian, mean: 512, deviation: 100, minimum: 64, maximum: 1024}
output: {distribution: gaussian, mean: 32, deviation: 8, minimum: 4, maximum: 64}
batch_limit: 32
YAML
"$orrery" serve --system duplex-code --model mixtral-8x7b --requests "$dir/requests.yaml" \
  -o "$dir/service.json" >/dev/null
"$orrery" report "$dir/service.json" -o "$dir/service" >/dev/null
"$orrery" fabric attention --variant naive --rows 16 --keys 64 --report "$dir/fabric" >/dev/null
for page in sweep result service fabric; do
  charts=$(find "$dir/$page/charts" -name '*.vl.json' | wc -l)
  for scheme in light dark; do
    options="--headless=new --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr
      --virtual-time-budget=20000 --window-size=1300,2400 --user-data-dir=$dir/profile"
    [ "$scheme" = light ] || options="$options --blink-settings=preferredColorScheme=0"
    # shellcheck disable=SC2086
    chromium $options --host-resolver-rules='MAP * ~NOTFOUND' --dump-dom \
      "file://$dir/$page/index.html" >"$dir/dom" 2>"$dir/log"
    if grep CONSOLE "$dir/log"; then
      echo "page-test: $page ($scheme): the console is not silent" >&2
      exit 1
    fi
    grep -q "data-drawn=\"$charts\"" "$dir/dom" || {
      echo "page-test: $page ($scheme): not all of $charts charts are drawn" >&2
      exit 1
    }
    if [ -n "$pictures" ]; then
      # shellcheck disable=SC2086
      chromium $options --screenshot="$pictures/$page-$scheme.png" \
        "file://$dir/$page/index.html" 2>/dev/null
    fi
  done
  echo "page-test: $page: $charts charts drawn in light and dark, console silent, network off"
done
