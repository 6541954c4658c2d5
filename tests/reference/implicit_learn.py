"""Reference values for `learned_plans` in std-harness/tests/implicit.rs: shares of what was seen in
examples/data/machine_trajectory.csv, backward induction on them, and what the policy is worth on examples/data/machine.csv. No
dependencies.

    python3 -P tests/reference/implicit_learn.py > tests/reference/implicit_learn.txt

Output: one line per aversion b and state, "b state learned achieved best": 20 stages, b = 0 for the mean.
"""

import csv
import math
import pathlib

DATA = pathlib.Path(__file__).parent / "../../examples/data"
STAGES = 20


def risk(b, outcomes):
    if b == 0:
        return sum(p * x for p, x in outcomes)
    return -math.log(sum(p * math.exp(-b * x) for p, x in outcomes)) / b


def plan(rows, states, b, policy=None):
    """Values at the first stage and decisions; those of a policy if there is one."""
    value, decisions = dict.fromkeys(states, 0.0), {}
    for stage in reversed(range(STAGES)):
        after, value = value, {}
        for state in states:
            worth = {
                action: risk(b, [(p, r + after[x]) for (x, r), p in rows[state, action].items()])
                for action in (1, 2)
                if (state, action) in rows
            }
            best = max(worth.values())
            first = min(action for action in worth if worth[action] >= best - 1e-10)
            action = policy[stage, state] if policy else first
            decisions[stage, state], value[state] = action, worth[action]
    return value, decisions


def main():
    true, seen = {}, {}
    for line in csv.DictReader(open(DATA / "machine.csv", newline="")):
        pair = int(line["idstatefrom"]), int(line["idaction"])
        true.setdefault(pair, {})[int(line["idstateto"]), float(line["reward"])] = float(line["probability"])
    for line in csv.DictReader(open(DATA / "machine_trajectory.csv", newline="")):
        row = seen.setdefault((int(line["state"]), int(line["action"])), {})
        outcome = int(line["next_state"]), float(line["reward"])
        row[outcome] = row.get(outcome, 0) + 1
    shares = {pair: {x: n / sum(row.values()) for x, n in row.items()} for pair, row in seen.items()}
    states = range(1, 11)
    for b in (0.0, 0.05, 0.2):
        learned, policy = plan(shares, states, b)
        achieved, _ = plan(true, states, b, policy)
        best, _ = plan(true, states, b)
        for state in states:
            print(f"{b:g} {state} {learned[state]:.12g} {achieved[state]:.12g} {best[state]:.12g}")


if __name__ == "__main__":
    main()
