"""Group-and-shuffle products and projections beside numpy, on the same numbers, in one run on one thread.

    python3 -m venv target/peers
    target/peers/bin/pip install -r benches/peers/requirements.txt
    target/peers/bin/python benches/peers/group_shuffle.py [--json FILE]

Prints a Markdown table: CPU seconds (the shortest of the repeats, ours and numpy by turns) and ratios, numpy over ours.

apply    x ← Pᵀ L P R x, d = 4096, b = 64, 256 columns, f32: numpy does it as two batched products and the reshapes
         between them; dense is the product with the full matrix in the same BLAS
project  the nearest L P R to a 1024 × 1024 matrix, b = 32: numpy does a loop of SVDs of its blocks and places the vectors

Both sides make the same numbers, and the script checks that they come to the same result.
"""

import argparse
import json
import os
import pathlib
import subprocess
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = 5


def numbers(seed, count, dtype):
    """2u - 1 of SplitMix64."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (2 * ((z >> np.uint64(11)) * 2.0**-53) - 1).astype(dtype)


def shortest(repeats, task):
    best = float("inf")
    for _ in range(repeats):
        start = time.thread_time()
        result = task()
        best = min(best, time.thread_time() - start)
    return best, result


def apply_numpy(blocks, x, b, r):
    # R on runs of b rows, L on rows that are r apart.
    y = blocks[0] @ x.reshape(r, b, -1)
    z = blocks[1] @ y.reshape(b, r, -1).transpose(1, 0, 2)
    return z.transpose(1, 0, 2).reshape(x.shape)


def project_numpy(a, b, k):
    d = b * k
    left, right = np.zeros((k, b, b), a.dtype), np.zeros((k, b, b), a.dtype)
    # Row t of P R is row source[t] of R.
    source = np.argsort([(i % k) * b + i // k for i in range(d)])
    squared = 0.0
    for i in range(k):
        runs = source[i * b : (i + 1) * b]
        for j in range(k):
            slots = np.flatnonzero(runs // b == j)
            u, s, v = np.linalg.svd(a[i * b : (i + 1) * b, j * b : (j + 1) * b])
            n = len(slots)
            w = np.sqrt(s[:n])
            left[i][:, slots] = u[:, :n] * w
            right[j][runs[slots] - j * b] = w[:, None] * v[:n]
            squared += float(np.sum(s[n:].astype(np.float64) ** 2))
    return squared**0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the results there too")
    arguments = parser.parse_args()
    build = ["cargo", "build", "--release", "-q", "-p", "reparam-harness", "--example", "group_shuffle_peers"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "group_shuffle_peers"

    def ours(*words):
        words = [str(program), *map(str, words)]
        return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    rows = []
    d, b, columns = 4096, 64, 256
    r = d // b
    blocks = numbers(1, 2 * r * b * b, np.float32).reshape(2, r, b, b)
    x = numbers(2, d * columns, np.float32).reshape(d, columns)
    dense = numbers(3, d * d, np.float32).reshape(d, d)
    best = dict.fromkeys(("ours", "numpy", "dense"), float("inf"))
    for _ in range(ROUNDS):
        result = ours("apply", "f32", d, b, columns, 10)
        best["ours"] = min(best["ours"], result["seconds"])
        seconds, y = shortest(10, lambda: apply_numpy(blocks, x, b, r))
        best["numpy"] = min(best["numpy"], seconds)
        best["dense"] = min(best["dense"], shortest(2, lambda: dense @ x)[0])
    norm = float(np.linalg.norm(y.astype(np.float64)))
    assert abs(result["check"] / norm - 1) < 1e-5, (result, norm)
    name = f"apply d={d} b={b}, {columns} columns, f32"
    rows.append((name, "two batched products", best["ours"], best["numpy"]))
    rows.append((name, "dense product", best["ours"], best["dense"]))

    d, b = 1024, 32
    for scalar, dtype in (("f64", np.float64), ("f32", np.float32)):
        a = numbers(2, d * d, dtype).reshape(d, d)
        best = dict.fromkeys(("ours", "numpy"), float("inf"))
        for _ in range(ROUNDS):
            result = ours("project", scalar, d, b, 0, 2)
            best["ours"] = min(best["ours"], result["seconds"])
            seconds, residual = shortest(2, lambda: project_numpy(a, b, d // b))
            best["numpy"] = min(best["numpy"], seconds)
        assert abs(result["check"] / residual - 1) < 1e-5, (result, residual)
        rows.append((f"project {d} × {d} b={b}, {scalar}", "loop of SVDs", best["ours"], best["numpy"]))

    print(f"numpy {np.__version__}, one thread, shortest CPU time of {ROUNDS} rounds by turns\n")
    print("| task | numpy's way | ours, ms | numpy, ms | ratio |\n|---|---|---:|---:|---:|")
    for task, way, mine, theirs in rows:
        print(f"| {task} | {way} | {1e3 * mine:.2f} | {1e3 * theirs:.2f} | {theirs / mine:.2f} |")
    if arguments.json:
        keys = ("task", "peer", "ours", "numpy")
        arguments.json.write_text(json.dumps([dict(zip(keys, row)) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
