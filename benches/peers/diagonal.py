"""Adaptive filters beside padasip, on the same signals, in one run on one thread.

    python3 -m venv target/peers
    target/peers/bin/pip install -r benches/peers/requirements.txt
    target/peers/bin/python benches/peers/diagonal.py [--json FILE]

Prints a Markdown table: CPU microseconds a sample (the shortest of the rounds, ours and padasip by turns) and ratios, padasip
over ours. 512 taps, 4,000 samples. padasip gets its inputs as a matrix that is made beforehand and runs over all samples in
one call, the fastest way it has; it has no sparse filter, so the network is compared with its NLMS. Both NLMS must come to
the same errors.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import resource
import subprocess
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import padasip

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = 5
TAPS, SAMPLES, PASSES = 512, 4000, 50


def numbers(seed, count):
    """2u - 1 of SplitMix64."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return 2 * ((z >> np.uint64(11)) * 2.0**-53) - 1


def signals():
    """A row of the last inputs for each sample, and the outputs."""
    x = numbers(1, SAMPLES)
    padded = np.concatenate([np.zeros(TAPS - 1), x])
    rows = np.lib.stride_tricks.sliding_window_view(padded, TAPS)[:, ::-1].copy()
    return rows, 0.5 * rows[:, 5] - 0.25 * rows[:, 40] + 0.01 * numbers(2, SAMPLES)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the results there too")
    arguments = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "-q", "--example", "diagonal_peers"], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "diagonal_peers"

    def seconds(filter_name, scalar, passes):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        words = [program, filter_name, scalar, str(SAMPLES), str(passes)]
        result = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return spent, result["check"]

    def ours(filter_name, scalar):
        """Time of a pass: starting the program and making signals are not of it."""
        idle, _ = seconds(filter_name, scalar, 0)
        busy, check = seconds(filter_name, scalar, PASSES)
        return (busy - idle) / PASSES, check

    rows, outputs = signals()
    cases = [("nlms", "f64"), ("nlms", "f32"), ("difference", "f64"), ("difference", "f32")]
    best, theirs, checks = dict.fromkeys(cases, float("inf")), float("inf"), {}
    for _ in range(ROUNDS):
        peer = padasip.filters.FilterNLMS(n=TAPS, mu=0.5, eps=1e-3, w="zeros")
        start = time.thread_time()
        _, errors, _ = peer.run(outputs, rows)
        theirs = min(theirs, time.thread_time() - start)
        for case in cases:
            spent, checks[case] = ours(*case)
            best[case] = min(best[case], spent)
    expected = float(np.sum(errors[-(SAMPLES // 10) :] ** 2))
    assert abs(checks["nlms", "f64"] / expected - 1) < 1e-9, (checks, expected)

    print(f"padasip {importlib.metadata.version('padasip')}, numpy {np.__version__}, one thread,")
    print(f"shortest CPU time of {ROUNDS} rounds by turns, {TAPS} taps\n")
    print("| filter | ours, µs | padasip's NLMS, µs | ratio |\n|---|---:|---:|---:|")
    micro = 1e6 / SAMPLES
    for (name, scalar), mine in best.items():
        print(f"| {name}, {scalar} | {micro * mine:.3f} | {micro * theirs:.3f} | {theirs / mine:.1f} |")
    if arguments.json:
        rows = [{"filter": n, "scalar": s, "ours": t, "padasip": theirs} for (n, s), t in best.items()]
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
