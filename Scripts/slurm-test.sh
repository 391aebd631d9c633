#!/bin/bash
# Runs a sweep on a real Slurm on loopback: one task is killed on its first try and must be run again,
# and the merged store must equal that of a local run.  usage: slurm-test.sh ORRERY
set -eu
orrery=$(readlink -f "$1")
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
chmod 755 "$dir" # munge refuses sockets in folders that others cannot enter
cleanup() {
  bash Scripts/slurm-server.sh stop "$dir/slurm"
  rm -rf "$dir"
}
trap cleanup EXIT
bash Scripts/slurm-server.sh start "$dir/slurm"
export SLURM_CONF=$dir/slurm/etc/slurm.conf

cat >"$dir/sweep.yaml" <<'YAML'
name: slurm-test
system: a100
trace: {model: gpt3-7b, layers: 2, phase: decode, context: 64}
axes:
  system: {values: [a100, npu]}
  batch: {vary: trace.batch, range: {from: 1, to: 12, step: 1}}
objectives: [{maximize: tokens_per_second}]
YAML

# The tasks' program: task 2 dies the first time, as on a node that fails.
cat >"$dir/program" <<PROGRAM
#!/bin/sh
if [ "\${SLURM_ARRAY_TASK_ID:-}" = 2 ] && [ ! -e "$dir/died" ]; then
  touch "$dir/died"
  kill -9 \$\$
fi
exec "$orrery" "\$@"
PROGRAM
chmod +x "$dir/program"

"$orrery" sweep "$dir/sweep.yaml" --launcher slurm --shared "$dir/shared" --shards 4 \
  --program "$dir/program" --sbatch-option=--partition=debug --store "$dir/cluster.sqlite" \
  >"$dir/out" 2>"$dir/err" || { cat "$dir/out" "$dir/err" >&2; exit 1; }
cat "$dir/err"
grep -q 'task 2 .* run again' "$dir/err" || { echo "slurm-test: no retry was reported" >&2; exit 1; }
[ -e "$dir/died" ]
"$orrery" sweep "$dir/sweep.yaml" --store "$dir/local.sqlite" >/dev/null
for table in metric point coordinate sweep objective; do
  for store in cluster local; do
    "$orrery" results query "$dir/$store.sqlite" "SELECT * FROM $table" --format csv >"$dir/$store.csv"
  done
  cmp "$dir/cluster.csv" "$dir/local.csv"
done
columns="id, build, system, trace, trace_digest, configuration, status, error, result"
for store in cluster local; do
  "$orrery" results query "$dir/$store.sqlite" "SELECT $columns FROM run" --format csv >"$dir/$store.csv"
done
cmp "$dir/cluster.csv" "$dir/local.csv"

# A task that always fails is reported with its number and exit code, and the program says so.
sed -i 's/^name: .*/name: slurm-fail/' "$dir/sweep.yaml"
printf '#!/bin/sh\n[ "$SLURM_ARRAY_TASK_ID" = 3 ] && exit 7\nexec "%s" "$@"\n' "$orrery" >"$dir/program"
code=0
"$orrery" sweep "$dir/sweep.yaml" --launcher slurm --shared "$dir/shared-fail" --shards 4 \
  --retries 1 --program "$dir/program" --store "$dir/fail.sqlite" >/dev/null 2>"$dir/err" || code=$?
cat "$dir/err"
[ "$code" = 1 ]
grep -q 'task 3, which ended with exit code 7' "$dir/err"
echo "slurm-test: passed"
