"""Reference values for `reparam implicit sweep --reference`: the raw logs that the authors of "Understanding End-to-End
Model-Based Reinforcement Learning Methods as Implicit Parameterization" (2021) published, aggregated. No dependencies.

    git clone https://github.com/gehring/implicit-estimators        (at fd482ea47)
    python3 -P tests/reference/implicit_logs.py implicit-estimators > tests/reference/implicit_logs.txt

31,680 runs: three domains, explicit and implicit, 4 model discounts, 6 step sizes, 11 reward offsets, 20 seeds. A run has
diverged if its last residual is not finite, or a million times the first.

Output: one line per domain, method, discount, step and each of five offsets: "domain method eta step offset diverged mean
deviation median ones orthogonal first". Mean, deviation (of a sample) and median are of the norm of the last residual; then the means
of its part along the vector of ones, of the rest, and of the norm of the first residual. Of runs that have not diverged, but
for the median, in which the others count as infinite.
"""

import csv
import math
import pathlib
import statistics
import sys

NAMES = {"chain_rollout": "chain", "four_rooms_rollout": "rooms", "mountaincar": "car"}
OFFSETS = {0.0, 0.2, 0.5, 0.8, 1.0}


def last(folder):
    rows = list(csv.DictReader(open(folder / "logs.csv", newline="")))
    assert rows[-1]["timestep"] == "300"

    def number(row, name):
        try:
            return float(row[name])
        except ValueError:
            return math.nan

    keys = ["residual_norm", "res_ones_norm", "res_ortho_norm"]
    return [number(rows[-1], key) for key in keys] + [number(rows[0], "residual_norm")]


def main():
    csv.field_size_limit(1 << 30)
    groups = {}
    for domain, name in NAMES.items():
        for method in ["explicit", "implicit"]:
            (folder,) = (pathlib.Path(sys.argv[1]) / "experiments/results" / domain / method).iterdir()
            for job in csv.DictReader(open(folder / "results.csv", newline="")):
                assert job["Exitval"] == "0"
                offset = float(job["REWARD_OFFSET"])
                if offset in OFFSETS:
                    key = name, method, float(job["MDP_MODULE_DISCOUNT"]), float(job["LEARNING_RATE"]), offset
                    groups.setdefault(key, []).append(last(folder / job["Seq"]))
    for key, runs in sorted(groups.items()):
        assert len(runs) == 20
        kept = [run for run in runs if all(map(math.isfinite, run)) and run[0] <= 1e6 * run[3]]
        median = statistics.median([run[0] for run in kept] + [math.inf] * (20 - len(kept)))
        ends = [run[0] for run in kept]
        mean = statistics.fmean(ends) if kept else math.inf
        deviation = statistics.stdev(ends) if len(kept) > 1 else 0.0
        parts = [statistics.fmean(run[k] for run in kept) if kept else math.inf for k in (1, 2, 3)]
        numbers = " ".join(f"{x:.6g}" for x in [*key[2:], 20 - len(kept), mean, deviation, median, *parts])
        print(*key[:2], numbers)


if __name__ == "__main__":
    main()
