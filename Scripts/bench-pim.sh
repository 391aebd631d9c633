#!/bin/sh
# NPU and PIM: one decoder layer of 512 ShareGPT-like requests on system neupims at command level, all channels simulated,
# in one batch (the run for which the reference simulator needs 96 s and 1.3 GB with the 7B model) and in two sub-batches
# (the default). A layer is the difference between traces of two layers and of one; the trace of one with its embedding
# and head is shown beside it. Instructions (callgrind, repeatable; of the 7B model), then CPU seconds (the least of
# three) and memory.
# Usage: Scripts/bench-pim.sh [path of orrery, built for release]
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# Without its debugging information, which callgrind takes long to read.
orrery=$dir/orrery
cp "${1:-.build/release/orrery}" "$orrery"
strip -g "$orrery"
printf '%-11s %7s %-11s %-22s %9s %16s %7s %9s   %s\n' \
  model devices batches work cycles instructions "CPU, s" "RSS, MiB" goal
python3 - "$orrery" "$dir" <<'END'
import json, os, resource, shutil, subprocess, sys

orrery, folder = sys.argv[1:]

def instructions(command):
    if not shutil.which("valgrind"): return None
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"] + command,
                         capture_output=True, text=True).stderr
    return next((int(line.split(":")[1]) for line in out.splitlines() if "Collected" in line), None)

def run(command):
    """Cycles, the least CPU seconds of three runs, and MiB."""
    seconds, memory = [], 0
    for _ in range(3):
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        text = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        assert status == 0
        seconds.append(used.ru_utime + used.ru_stime)
        memory = max(memory, used.ru_maxrss / 1024)
    return json.loads(text)["clock"]["cycles"], min(seconds), memory

def row(model, devices, batches, work, cycles, count, seconds, memory, goal):
    print(f"{model:<11} {devices:>7} {batches:<11} {work:<22} {cycles:>9} {count if count else '-':>16} {seconds:>7.2f} "
          f"{memory:>9.1f}   {goal}", flush=True)

for model, devices, goal in [("gpt3-7b", 4, "1 s, 200 MB"), ("gpt3-175b", 8, "3 s")]:
    for batches, interleaves in [("one", "false"), ("two halves", "true")]:
        found = []
        for layers in (1, 2):
            trace = f"{folder}/{model}-{layers}.jsonl.zst"
            subprocess.run([orrery, "trace", "emit", "--model", model, "--lengths", "sharegpt-like", "--batch", "512",
                            "--seed", "1", "--layers", str(layers), "--fuse", "full", "-o", trace],
                           check=True, capture_output=True)
            command = [orrery, "simulate", trace, "--system", "neupims", "--set", f"parallel.tensor={devices}",
                       "--set", f"attention.interleaves={interleaves}", "--fidelity", "cycle",
                       "--allow-oversubscription", "--json"]
            found.append((*run(command), instructions(command) if model == "gpt3-7b" else None))
        (c1, s1, m1, i1), (c2, s2, m2, i2) = found
        row(model, devices, batches, "decoder layer", c2 - c1, i1 and i2 and i2 - i1, s2 - s1, m2, goal)
        row(model, devices, batches, "with embedding, head", c1, i1, s1, m1, "")
END
