"""Reference values for `streams` in std-harness/tests/implicit.rs: explicit and implicit values after one pass through
examples/data/chain_returns.csv, one step a sample. No dependencies.

    python3 -P tests/reference/implicit_fit.py > tests/reference/implicit_fit.txt

Output: one line per state, "state explicit implicit".
"""

import csv
import math
import pathlib

DATA = pathlib.Path(__file__).parent / "../../examples/data/chain_returns.csv"
N, ETA, STEP, EXPLICIT_STEP = 11, 0.9, 0.01, 0.1


def solve(matrix, right):
    """Gauss-Jordan with pivots."""
    rows = [list(row) + [x] for row, x in zip(matrix, right)]
    for k in range(N):
        pivot = max(range(k, N), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(N):
            if i != k:
                factor = rows[i][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])]
    return [row[N] for row in rows]


def transitions(logits):
    exponentials = [[math.exp(a) for a in row] for row in logits]
    return [[e / sum(row) for e in row] for row in exponentials]


def system(p):
    return [[(i == j) - ETA * p[i][j] for j in range(N)] for i in range(N)]


def main():
    start = [[2.0 * (i == j) + 1 / N for j in range(N)] for i in range(N)]
    logits = [[math.log(x / max(row)) for x in row] for row in start]
    rewards, explicit = [0.0] * N, [0.0] * N
    for line in csv.DictReader(open(DATA, newline="")):
        state, value = int(line["state"]), float(line["return"])
        explicit[state] -= EXPLICIT_STEP * (explicit[state] - value)
        p = transitions(logits)
        m = system(p)
        w = solve(m, rewards)
        gradient = [(w[state] - value) * (i == state) for i in range(N)]
        u = solve(list(zip(*m)), gradient)
        for i in range(N):
            next_value = sum(p[i][j] * w[j] for j in range(N))
            rewards[i] -= STEP * u[i]
            for j in range(N):
                logits[i][j] -= STEP * ETA * u[i] * p[i][j] * (w[j] - next_value)
    w = solve(system(transitions(logits)), rewards)
    for state in range(N):
        print(f"{state} {explicit[state]:.12g} {w[state]:.12g}")


if __name__ == "__main__":
    main()
