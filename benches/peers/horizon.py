"""Backward induction beside quantecon and scipy, on the same process, in one run on one thread.

    python3 -m venv target/peers
    target/peers/bin/pip install -r benches/peers/requirements.txt
    target/peers/bin/python benches/peers/horizon.py [--json FILE]

Prints a Markdown table: CPU milliseconds (the median of the rounds, all sides by turns) and ratios. The process is a garnet: 1,000
states, 10 actions, 5 successors, seed 1, rewards 0..10, 100 stages, no discount. This program makes it and writes the CSV that our
side reads; quantecon and scipy get the same numbers as sparse matrices. All sides find values and a policy for every stage; what is
done once (reading, checking, compiling) is not counted.

quantecon  DiscreteDP by pairs of state and action with a sparse Q, backward_induction
scipy      r + Q @ v with a CSR matrix, argmax and max of the rows
numpy      entropic risk: the exponentials of v once a state, the same product, logarithms

Values must agree, and our policy, evaluated with scipy, must have quantecon's values. No peer plans for entropic risk.
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

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import scipy.sparse
from quantecon.markov import DiscreteDP, backward_induction

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS, REPEATS = 11, 5
STATES, ACTIONS, SUCCESSORS, SEED, HORIZON, RISK = 1000, 10, 5, 1, 100, 0.1


def garnet(states, actions, successors, seed):
    """Rows of (successor, probability), equal successors merged, and the reward of each row."""
    mask, x = (1 << 64) - 1, seed

    def below(n):
        nonlocal x
        x = (x + 0x9E3779B97F4A7C15) & mask
        z = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return int(((z ^ (z >> 31)) >> 11) * 2.0**-53 * n)

    rows, rewards = [], []
    for _ in range(states * actions):
        found = [below(states) for _ in range(successors)]
        weights = [1 + below(9) for _ in range(successors)]
        row = {}
        for state, weight in zip(found, weights):
            row[state] = row.get(state, 0.0) + weight / sum(weights)
        rows.append(row)
        rewards.append(float(below(11)))
    return rows, np.array(rewards)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the results there too")
    arguments = parser.parse_args()
    build = ["cargo", "build", "--release", "-q", "-p", "reparam-harness", "--example", "horizon_peers"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "horizon_peers"

    rows, rewards = garnet(STATES, ACTIONS, SUCCESSORS, SEED)
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    data = np.array([p for row in rows for p in row.values()])
    columns = np.array([state for row in rows for state in row])
    q = scipy.sparse.csr_matrix((data, columns, pointers), shape=(len(rows), STATES))
    pairs = np.arange(len(rows))
    process = DiscreteDP(rewards, q, 1.0, pairs // ACTIONS, pairs % ACTIONS)

    def by_quantecon():
        values, policy = backward_induction(process, HORIZON)
        return values[0], policy

    def by_scipy():
        v, policy = np.zeros(STATES), np.empty((HORIZON, STATES), np.int64)
        for stage in reversed(range(HORIZON)):
            scores = (rewards + q @ v).reshape(STATES, ACTIONS)
            policy[stage] = scores.argmax(axis=1)
            v = scores.max(axis=1)
        return v, policy

    factors = np.exp(-RISK * rewards)

    def by_numpy():
        v, policy = np.zeros(STATES), np.empty((HORIZON, STATES), np.int64)
        for stage in reversed(range(HORIZON)):
            low = v.min()
            scores = (factors * (q @ np.exp(-RISK * (v - low)))).reshape(STATES, ACTIONS)
            policy[stage] = scores.argmin(axis=1)
            v = low - np.log(scores.min(axis=1)) / RISK
        return v, policy

    peers = {"quantecon": by_quantecon, "scipy": by_scipy, "numpy": by_numpy}
    times = {name: [] for name in ("mean", "entropic", *peers)}
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "garnet.csv"
        with open(model, "w") as file:
            file.write("idstatefrom,idaction,idstateto,probability,reward\n")
            for pair, row in enumerate(rows):
                for state, p in row.items():
                    file.write(f"{pair // ACTIONS},{pair % ACTIONS},{state},{p!r},{rewards[pair]:.0f}\n")

        def ours(name, risk):
            words = [program, model, str(HORIZON), risk, str(REPEATS)]
            result = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
            times[name] += result["seconds"]
            found[name] = np.array(result["value"]), np.array(result["policy"])

        by_quantecon()
        for _ in range(ROUNDS):
            ours("mean", "mean")
            ours("entropic", str(RISK))
            for name, solve in peers.items():
                for _ in range(REPEATS):
                    start = time.process_time()
                    values, policy = solve()
                    times[name].append(time.process_time() - start)
                found[name] = values, policy

    cases = [("mean", "quantecon"), ("mean", "scipy"), ("entropic", "numpy")]
    median = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"quantecon {importlib.metadata.version('quantecon')}, scipy {scipy.__version__}, numpy {np.__version__}, one thread,")
    print(f"median CPU time of {ROUNDS * REPEATS} solutions by turns, {q.nnz} outcomes\n")
    print("| risk | peer | ours, ms | peer, ms | ratio | largest difference of values |\n|---|---|---:|---:|---:|---:|")
    results = []
    for name, peer in cases:
        difference = float(np.abs(found[name][0] - found[peer][0]).max())
        assert difference < 1e-8, (name, peer, difference)
        mine, theirs = median[name], median[peer]
        print(f"| {name} | {peer} | {1e3 * mine:.2f} | {1e3 * theirs:.2f} | {theirs / mine:.2f} | {difference:.1e} |")
        results.append({"risk": name, "peer": peer, "ours": mine, "theirs": theirs, "difference": difference})
    value = np.zeros(STATES)
    for actions in found["mean"][1][::-1]:
        chosen = np.arange(STATES) * ACTIONS + actions
        value = (rewards + q @ value)[chosen]
    gap = float(np.abs(value - found["quantecon"][0]).max())
    assert gap < 1e-8, "a worse policy than quantecon's"
    ties = int((found["mean"][1] != found["quantecon"][1]).sum())
    print(f"\nour policy, evaluated by scipy: at most {gap:.1e} from quantecon's values")
    print(f"decisions that differ, ties up to rounding: {ties} of {HORIZON * STATES}")
    print(f"value of state 0: mean {found['mean'][0][0]:.8f}, entropic {found['entropic'][0][0]:.8f}")
    print(f"entropic over mean: {median['entropic'] / median['mean']:.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
