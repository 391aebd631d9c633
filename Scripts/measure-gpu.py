#!/usr/bin/env python3
"""Times kernels on this machine's GPU and writes them for `orrery reproduce gpu --measured FILE`.

Usage: measure-gpu.py NAME OUT.yaml        (needs PyTorch and Triton; about a minute)

Each kernel is captured many times in one CUDA graph, over operands of its own that together exceed the
caches, and the graph is replayed 9 times: median, fastest and slowest replay divided by the calls. The
best of several implementations counts for attention. No setting of the card is touched.
"""
import math
import statistics
import subprocess
import sys
import textwrap
import threading
import time

import torch
import triton
import triton.language as tl
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

torch.manual_seed(1)
FOOTPRINT = 400e6  # bytes over which the calls of one graph go; caches hold 50 MB
TYPE = torch.bfloat16
lines = []


def normal(*shape):
    return torch.randn(*shape, device="cuda", dtype=TYPE) * 0.02


def timed(calls, span=0.04, rounds=9):
    """Microseconds of one call in each of `rounds` replays."""
    stream = torch.cuda.Stream()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    with torch.cuda.stream(stream):
        for call in calls[:3]:
            call()
        stream.synchronize()
        start.record(stream)
        for call in calls:
            call()
        end.record(stream)
        stream.synchronize()
        repeats = max(1, min(20, int(span * 1e3 / max(start.elapsed_time(end), 1e-3))))
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            for _ in range(repeats):
                for call in calls:
                    call()
        graph.replay()
        stream.synchronize()
        result = []
        for _ in range(rounds):
            start.record(stream)
            graph.replay()
            end.record(stream)
            stream.synchronize()
            result.append(start.elapsed_time(end) * 1e3 / (repeats * len(calls)))
    return result


def record(kind, times, **sizes):
    fields = [f"kind: {kind}"] + [f"{key}: {value}" for key, value in sizes.items()]
    fields += [
        f"microseconds: {statistics.median(times):.2f}",
        f"minimum: {min(times):.2f}",
        f"maximum: {max(times):.2f}",
    ]
    lines.append("  - {" + ", ".join(fields) + "}")
    print(lines[-1], flush=True)


def sets(bytes_of_one, limit=600):
    return range(max(2, min(limit, math.ceil(FOOTPRINT / bytes_of_one))))


def gemm(m, k, n, count=None):
    many = count or 1
    data = [(normal(many, m, k), normal(many, n, k), normal(many, m, n)) for _ in sets(2 * many * (m + n) * k)]
    calls = [lambda x=x, w=w, y=y: torch.bmm(x, w.transpose(1, 2), out=y) for x, w, y in data]
    if count is None:
        calls = [lambda x=x, w=w, y=y: torch.mm(x[0], w[0].t(), out=y[0]) for x, w, y in data]
        record("gemm", timed(calls), m=m, k=k, n=n)
    else:
        record("gemm", timed(calls), count=count, m=m, k=k, n=n)


@triton.jit
def split_kernel(Q, K, V, P, S, scale, context, G: tl.constexpr, GP: tl.constexpr, D: tl.constexpr,
                 B: tl.constexpr, part, splits):
    pair = tl.program_id(0)
    split = tl.program_id(1)
    rows = tl.arange(0, GP)
    dims = tl.arange(0, D)
    q = tl.load(Q + (pair * G + rows[:, None]) * D + dims[None, :], mask=rows[:, None] < G, other=0.0)
    top = tl.full((GP,), -1e30, tl.float32)
    total = tl.zeros((GP,), tl.float32)
    out = tl.zeros((GP, D), tl.float32)
    first = split * part
    last = tl.minimum(first + part, context)
    base = pair.to(tl.int64) * context * D
    for at in range(first, last, B):
        keys = at + tl.arange(0, B)
        inside = keys[:, None] < last
        k = tl.load(K + base + keys[:, None] * D + dims[None, :], mask=inside, other=0.0)
        v = tl.load(V + base + keys[:, None] * D + dims[None, :], mask=inside, other=0.0)
        scores = tl.where(keys[None, :] < last, tl.dot(q, tl.trans(k)) * scale, -1e30)
        new = tl.maximum(top, tl.max(scores, 1))
        weights = tl.exp(scores - new[:, None])
        shrink = tl.exp(top - new)
        total = total * shrink + tl.sum(weights, 1)
        out = out * shrink[:, None] + tl.dot(weights.to(tl.bfloat16), v)
        top = new
    place = (pair * splits + split) * G + rows
    tl.store(P + place[:, None] * D + dims[None, :], out / total[:, None], mask=rows[:, None] < G)
    tl.store(S + place, top + tl.log(total), mask=rows < G)


@triton.jit
def join_kernel(P, S, O, splits, G: tl.constexpr, D: tl.constexpr, SP: tl.constexpr):
    row = tl.program_id(0)
    pair = row // G
    parts = tl.arange(0, SP)
    dims = tl.arange(0, D)
    place = (pair * splits + parts) * G + row % G
    scores = tl.load(S + place, mask=parts < splits, other=-1e30)
    weights = tl.exp(scores - tl.max(scores, 0))
    weights = weights / tl.sum(weights, 0)
    p = tl.load(P + place[:, None] * D + dims[None, :], mask=parts[:, None] < splits, other=0.0)
    tl.store(O + row * D + dims, tl.sum(p * weights[:, None], 0).to(tl.bfloat16))


class SplitAttention:
    """Attention of one query a request, keys divided over `splits` blocks (own kernel, head dimension 128)."""

    def __init__(self, batch, heads, kv_heads, context, dim, splits):
        self.part = triton.cdiv(triton.cdiv(context, splits), 64) * 64
        self.splits = triton.cdiv(context, self.part)
        self.partial = torch.empty(batch * heads * self.splits * dim, device="cuda")
        self.sums = torch.empty(batch * heads * self.splits, device="cuda")
        self.group, self.dim, self.pairs, self.context = heads // kv_heads, dim, batch * kv_heads, context

    def __call__(self, q, k, v, o):
        split_kernel[(self.pairs, self.splits)](
            q, k, v, self.partial, self.sums, 1 / math.sqrt(self.dim), self.context, self.group, 16, self.dim,
            64, self.part, self.splits, num_warps=4, num_stages=3)
        join_kernel[(self.pairs * self.group,)](
            self.partial, self.sums, o, self.splits, self.group, self.dim,
            triton.next_power_of_2(self.splits), num_warps=1)


def decode_attention(batch, heads, kv_heads, context, dim=128):
    data = [
        (normal(batch, heads, 1, dim), normal(batch, kv_heads, context, dim), normal(batch, kv_heads, context, dim))
        for _ in sets(4 * batch * kv_heads * context * dim)
    ]
    out = torch.empty_like(data[0][0])
    exact = scaled_dot_product_attention(*(x.float() for x in data[0]), enable_gqa=True)
    best = []
    for splits in (1, 2, 4, 8, 16):
        if splits > 1 and (batch * kv_heads * splits > 132 * 16 or context < 64 * splits):
            continue
        attention = SplitAttention(batch, heads, kv_heads, context, dim, splits)
        attention(*data[0], out)
        error = ((out.float() - exact).norm() / exact.norm()).item()
        assert error < 2e-2, error
        best.append(timed([lambda q=q, k=k, v=v: attention(q, k, v, out) for q, k, v in data], 0.02))
    best += library_attention(data, False)
    record("decode_attention", min(best, key=statistics.median), batch=batch, heads=heads, kv_heads=kv_heads,
           context=context, head_dim=dim)


def library_attention(data, causal):
    best = []
    for backend in (SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION):
        try:
            with sdpa_kernel([backend]):
                best.append(timed([
                    lambda q=q, k=k, v=v: scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)
                    for q, k, v in data
                ], 0.02))
        except RuntimeError as error:
            print(f"no {backend.name}: {str(error)[:80]}")
    return best


def prefill_attention(batch, heads, kv_heads, context, dim=128):
    data = [(normal(batch, heads, context, dim), normal(batch, kv_heads, context, dim),
             normal(batch, kv_heads, context, dim)) for _ in range(2)]
    record("prefill_attention", min(library_attention(data, True), key=statistics.median), batch=batch,
           heads=heads, kv_heads=kv_heads, context=context, head_dim=dim)


@triton.jit
def gather_kernel(T, I, Y, N: tl.constexpr, NP: tl.constexpr, R: tl.constexpr):
    rows = tl.program_id(0) * R + tl.arange(0, R)
    at = tl.arange(0, NP)
    index = tl.load(I + rows)
    inside = (at[None, :] < N) & (rows[:, None] >= 0)
    tl.store(Y + rows[:, None] * N + at[None, :], tl.load(T + index[:, None] * N + at[None, :], mask=inside), mask=inside)


def gather(rows, columns, table=4 << 30):
    """Rows picked at random from a table of `table` bytes."""
    count = table // (2 * columns)
    words = torch.empty(count, columns, device="cuda", dtype=TYPE).normal_()
    data = [(torch.randint(0, count, (rows,), device="cuda"), torch.empty(rows, columns, device="cuda", dtype=TYPE))
            for _ in sets(4 * rows * columns, 60)]
    tile = max(1, min(64, 4096 // columns))
    calls = [lambda i=i, y=y: gather_kernel[(rows // tile,)](
        words, i, y, columns, triton.next_power_of_2(columns), tile) for i, y in data]
    calls[0]()
    assert torch.equal(data[0][1], words[data[0][0]])
    best = [timed(calls), timed([lambda i=i, y=y: torch.index_select(words, 0, i, out=y) for i, y in data])]
    record("gather", min(best, key=statistics.median), rows=rows, columns=columns, table_rows=count)


@triton.jit
def norm_kernel(X, W, Y, N: tl.constexpr, NP: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, NP)
    x = tl.load(X + row * N + at, mask=at < N, other=0.0).to(tl.float32)
    w = tl.load(W + at, mask=at < N, other=0.0).to(tl.float32)
    tl.store(Y + row * N + at, (x * tl.rsqrt(tl.sum(x * x, 0) / N + 1e-5) * w).to(tl.bfloat16), mask=at < N)


@triton.jit
def silu_kernel(X, Y, N: tl.constexpr, B: tl.constexpr):
    row = tl.program_id(0)
    at = tl.program_id(1) * B + tl.arange(0, B)
    a = tl.load(X + row * 2 * N + at, mask=at < N, other=0.0).to(tl.float32)
    b = tl.load(X + row * 2 * N + N + at, mask=at < N, other=0.0).to(tl.float32)
    tl.store(Y + row * N + at, (a / (1 + tl.exp(-a)) * b).to(tl.bfloat16), mask=at < N)


def norm(x, w, y):
    rows, columns = x.shape
    norm_kernel[(rows,)](x, w, y, columns, triton.next_power_of_2(columns))


def gated_silu(x, y):
    rows, columns = y.shape
    silu_kernel[(rows, triton.cdiv(columns, 1024))](x, y, columns, 1024)


def pointwise(rows, columns):
    weight = torch.ones(columns, device="cuda", dtype=TYPE)
    data = [(normal(rows, 2 * columns), normal(rows, columns), normal(rows, columns), normal(rows, columns))
            for _ in sets(4 * rows * columns)]
    record("copy", timed([lambda x=x, y=y: y.copy_(x) for _, x, _, y in data]), rows=rows, columns=columns)
    record("add", timed([lambda x=x, z=z, y=y: torch.add(x, z, out=y) for _, x, z, y in data]), rows=rows,
           columns=columns)
    record("rms_norm", timed([lambda x=x, y=y: norm(x, weight, y) for _, x, _, y in data]), rows=rows,
           columns=columns)
    record("gated_silu", timed([lambda x=x, y=y: gated_silu(x, y) for x, _, _, y in data]), rows=rows,
           columns=columns)
    record("softmax", timed([lambda x=x, y=y: torch.softmax(x, -1, out=y) for _, x, _, y in data]), rows=rows,
           columns=columns)


def decode_layer(batch, context, model="llama3-8b", heads=32, kv_heads=8, hidden=4096, ffn=14336, count=6):
    """Norms, products, attention, residual sums of `count` layers; no rotation, no KV append."""
    dim = 128
    layers = [
        dict(qkv=normal((heads + 2 * kv_heads) * dim, hidden), o=normal(hidden, heads * dim),
             up=normal(2 * ffn, hidden), down=normal(hidden, ffn), w=torch.ones(hidden, device="cuda", dtype=TYPE),
             k=normal(batch, kv_heads, context, dim), v=normal(batch, kv_heads, context, dim))
        for _ in range(count)
    ]
    first, normed = normal(batch, hidden), normal(batch, hidden)
    gated, out = normal(batch, ffn), normal(batch, heads, 1, dim)
    splits = 1
    while batch * kv_heads * splits < 264 and splits < 16:
        splits *= 2
    attention = SplitAttention(batch, heads, kv_heads, context, dim, splits)

    def run():
        x = first
        for layer in layers:
            norm(x, layer["w"], normed)
            qkv = normed @ layer["qkv"].t()
            attention(qkv[:, : heads * dim].contiguous(), layer["k"], layer["v"], out)
            x = x + out.view(batch, heads * dim) @ layer["o"].t()
            norm(x, layer["w"], normed)
            gated_silu(normed @ layer["up"].t(), gated)
            x = x + gated @ layer["down"].t()

    record("decode_layer", [time / count for time in timed([run])], model=model, batch=batch, context=context)


def rates():
    """Rates of plain streams, the time of an empty kernel, and board power, in one line."""
    size = 1 << 30
    x = torch.randint(0, 100, (size,), dtype=torch.uint8, device="cuda")
    y = torch.empty_like(x)
    words = x.view(torch.int64)
    read = statistics.median(timed([lambda: torch.max(words)]))
    fill = statistics.median(timed([lambda: y.zero_()]))
    copy = statistics.median(timed([lambda: y.copy_(x)]))
    one = torch.zeros(1, device="cuda")
    empty = statistics.median(timed([lambda: one.add_(1)] * 50))
    a, b = normal(8192, 8192), normal(8192, 8192)
    idle, _ = power(lambda: time.sleep(0.01), 2)
    reading, reads = power(lambda: torch.max(words), 4)
    multiplying, products = power(lambda: torch.mm(a, b), 4)
    return (f"1 GiB is read at {size / read / 1e6:.3f} TB/s (a maximum), filled at {size / fill / 1e6:.3f}, copied at "
            f"{2 * size / copy / 1e6:.3f} both ways together; a kernel that does nothing takes {empty:.2f} us in a "
            f"graph; the board draws {idle:.0f} W idle, {reading:.0f} W reading ({reads * size / 1e12:.3f} TB/s), "
            f"{multiplying:.0f} W in products of 8192 ({products * 2 * 8192**3 / 1e12:.0f} TFLOP/s)")


def power(call, seconds):
    """Mean watts in the second half of `seconds` of calls, and calls a second."""
    samples, stop = [], threading.Event()

    def sample():
        while not stop.is_set():
            text = query("power.draw.instant")
            samples.append((time.time(), float(text)))
            time.sleep(0.1)

    thread = threading.Thread(target=sample)
    thread.start()
    begin, count = time.time(), 0
    while time.time() - begin < seconds:
        for _ in range(20):
            call()
        torch.cuda.synchronize()
        count += 20
    passed = time.time() - begin
    stop.set()
    thread.join()
    kept = [watts for at, watts in samples if at > begin + seconds / 2]
    return statistics.mean(kept), count / passed


def query(field):
    command = ["nvidia-smi", "--query-gpu=" + field, "--format=csv,noheader,nounits"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main():
    name, path = sys.argv[1:]
    date = time.strftime("%Y-%m-%d")
    stated = rates()
    print(stated, flush=True)
    for m in (1, 2, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3000, 4096, 8192):
        gemm(m, 4096, 14336)
    for m in (1, 16, 64, 256, 1024, 4096):
        gemm(m, 14336, 4096)
        gemm(m, 8192, 28672)
    for m in (1, 64, 512, 4096):
        gemm(m, 4096, 6144)
        gemm(m, 4096, 4096)
    for m in (1, 64, 512, 2048):
        gemm(m, 12288, 49152)
    for n in (8448, 16896, 17024, 25600, 33792, 33920):
        gemm(256, 4096, n)
    for m in (1, 4, 16, 64, 256):
        gemm(m, 4096, 14336, count=8)
    for batch, context in ((1, 1024), (1, 8192), (8, 1024), (8, 4096), (16, 8192), (32, 2048), (64, 512),
                           (64, 1024), (64, 2048), (64, 4096), (128, 512), (128, 2048)):
        decode_attention(batch, 32, 8, context)
    for batch, context in ((8, 1024), (32, 2048), (64, 512), (64, 1024)):
        decode_attention(batch, 32, 32, context)
    for batch, context in ((16, 2048), (64, 1024)):
        decode_attention(batch, 64, 8, context)
    for batch, context in ((1, 1024), (1, 2048), (1, 4096), (1, 8192), (4, 2048)):
        prefill_attention(batch, 32, 8, context)
    for rows, columns in ((64, 4096), (512, 4096), (2048, 4096), (8192, 4096), (64, 14336), (8192, 14336)):
        pointwise(rows, columns)
    for columns in (16, 32, 64, 128, 256, 512, 2048, 4096):
        gather((256 << 20) // (2 * columns), columns)
    for rows in (4096, 65536):
        gather(rows, 4096)
    for batch, context in ((1, 1024), (8, 1024), (32, 1024), (64, 1024), (64, 4096), (128, 1024), (256, 1024)):
        decode_layer(batch, context)
    with open(path, "w") as file:
        file.write("# Kernels timed on a real GPU, for `orrery reproduce gpu`.\n")
        file.write(f"name: {name}\n")
        file.write(f"device: {torch.cuda.get_device_name(0)}, memory clock {query('clocks.max.mem')} MHz\n")
        source = (f"measured {date} with Scripts/measure-gpu.py, PyTorch {torch.__version__}, driver "
                  f"{query('driver_version')}; median of 9 replays; {stated}")
        file.write("source: >-\n" + textwrap.fill(source, 108, initial_indent="  ", subsequent_indent="  ") + "\n")
        file.write("dtype: bf16\nkernels:\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
