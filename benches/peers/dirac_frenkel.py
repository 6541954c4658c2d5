"""Least squares of a velocity beside LAPACK's, on the same matrices, in one run on one thread.

    python3 -m venv target/peers
    target/peers/bin/pip install -r benches/peers/requirements.txt
    target/peers/bin/python benches/peers/dirac_frenkel.py [--json FILE]

Prints a Markdown table: CPU milliseconds (the median of the rounds, both sides by turns) and their ratio. Two matrices of each size:
random (normal numbers, full rank, condition about 3) and graded (singular values that fall by 10^-0.2, as those of a network's
derivatives do). Singular values below 1e-3 of the largest are dropped.

gelsy  scipy.linalg.lstsq, pivoted QR and a complete orthogonal decomposition
gelsd  the same by singular values, which is what truncation means; gelsy's rank is one of pivots

The solutions are compared with that of numpy's SVD, truncated.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import scipy.linalg

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = 7
RELATIVE = 1e-3
SIZES = ((2000, 500, 3), (200, 40, 200))


def graded(m, n):
    k = np.arange(n)
    left = 10.0 ** (-0.2 * k) * np.cos(np.pi * k * (np.arange(m)[:, None] + 0.5) / m)
    return left @ np.sin(1 + (k[:, None] + 1) * (k + 1.0))


def truncated(a, f):
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    rank = int(np.sum(s >= RELATIVE * s[0]))
    return vt[:rank].T @ ((u[:, :rank].T @ f) / s[:rank]), rank


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the results there too")
    arguments = parser.parse_args()
    build = ["cargo", "build", "--release", "-q", "-p", "reparam-dense", "--example", "dirac_frenkel_peers"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "dirac_frenkel_peers"

    rng = np.random.default_rng(1)
    results = []
    print(f"numpy {np.__version__}, scipy {importlib.metadata.version('scipy')}\n")
    print("| matrix | size | rank | ours, ms | gelsy, ms | gelsd, ms | ours / gelsy | difference: ours | gelsy |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for m, n, repeats in SIZES:
            for name, a in (("random", rng.standard_normal((m, n))), ("graded", graded(m, n))):
                f = np.sin(0.1 * np.arange(m))
                a.tofile(folder / "j")
                f.tofile(folder / "f")
                ours, seconds = None, {"ours": [], "gelsy": [], "gelsd": []}
                found = {}
                for _ in range(ROUNDS):
                    call = [program, folder / "j", folder / "f", str(RELATIVE), str(repeats)]
                    ours = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
                    seconds["ours"].append(statistics.median(ours["seconds"]))
                    for driver in ("gelsy", "gelsd"):
                        times = []
                        for _ in range(repeats):
                            start = time.process_time()
                            found[driver] = scipy.linalg.lstsq(a, f, cond=RELATIVE, lapack_driver=driver)
                            times.append(time.process_time() - start)
                        seconds[driver].append(statistics.median(times))
                exact, rank = truncated(a, f)
                assert ours["rank"] == rank, (ours["rank"], rank)
                difference = {
                    side: float(np.linalg.norm(np.array(eta) - exact) / np.linalg.norm(exact))
                    for side, eta in (("ours", ours["eta"]), ("gelsy", found["gelsy"][0]))
                }
                assert difference["ours"] < 1e-6, difference
                medians = {side: statistics.median(times) for side, times in seconds.items()}
                ratio = medians["ours"] / medians["gelsy"]
                results.append(
                    {
                        "matrix": name,
                        "rows": m,
                        "unknowns": n,
                        "rank": rank,
                        "seconds": medians,
                        "ratio": ratio,
                        "difference": difference,
                    }
                )
                ms = " | ".join(f"{medians[side] * 1e3:.3f}" for side in ("ours", "gelsy", "gelsd"))
                print(
                    f"| {name} | {m} × {n} | {rank} | {ms} | {ratio:.2f} | "
                    f"{difference['ours']:.0e} | {difference['gelsy']:.0e} |"
                )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
