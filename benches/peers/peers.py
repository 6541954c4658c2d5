"""Our searches and the Python peers on the same instances, from the same start, in one run on one thread.

    python3 -m venv target/peers
    target/peers/bin/pip install -r benches/peers/requirements.txt
    target/peers/bin/python benches/peers/peers.py [--json FILE]

Prints a Markdown table: value as minimised, gap to the reference, evaluations of the objective, CPU seconds.

Ours, one thread, CPU time of the whole process
  pattern_published  the constants of the publication's program
  pattern_two_runs   the same with the settings of its trace problem: tolerance 1e-7, two runs
  pattern            the default: the floor of the angle at sqrt(eps)
  plane              exact search in one plane after another
  multistart         20 starts of plane, or of pattern where values along a plane are no polynomial

Peers
  eigh       LAPACK's eigensolver, where the problem is one: no search at all
  cg         pymanopt, Riemannian conjugate gradients with the exact gradient (a subgradient where it is not smooth);
             evaluations are calls of the cost
  cma        cma, over all matrices, of which the polar factor is the frame
  powell     scipy, likewise
  bfgs       scipy, likewise, with finite differences
pymanopt's own searches without gradients, NelderMead and ParticleSwarm, are run too: they fail on Stiefel manifolds,
which lack what they need (`dist`, `log`), and the table says so.

The reference is the golden value of tests/reference/givens_search.txt, found without a line of ours; for the one
instance without a golden, L1 principal components, the best value of the run.
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import resource
import subprocess
import sys
import time
import warnings

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import cma
import numpy as np
import pymanopt
import scipy.optimize
from pymanopt.manifolds import Stiefel

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "reference"))
import givens_search as reference  # noqa: E402

BUDGET = 30_000
OURS = ("pattern_published", "pattern_two_runs", "pattern", "plane", "multistart")


class Instance:
    """An objective as minimised, its gradient, and its reference value if one is known."""

    def __init__(self, name, seed):
        self.name, self.seed = name, seed
        rng = reference.SplitMix64(seed)
        golden = None
        if name == "trace_20_2":
            a = reference.correlation(rng, 20)
            self.shape = 20, 2
            self.value = lambda q: np.sum(q * (a @ q))
            self.gradient = lambda q: 2 * a @ q
            self.exact = lambda: np.sum(np.linalg.eigh(a)[0][:2])
            golden = "trace_smallest_20_2", 1
        elif name == "hqf_20_10":
            m = np.array([reference.correlation(rng, 20) for _ in range(10)])
            self.shape = 20, 10
            self.value = lambda q: -np.sum(q * np.matmul(m, q.T[:, :, None])[:, :, 0].T)
            self.gradient = lambda q: -2 * np.matmul(m, q.T[:, :, None])[:, :, 0].T
            golden = "hqf_20_10", -1
        elif name == "ojd_10_5":
            c = np.array(reference.joint_diagonalization(rng, 10, 5))
            self.shape = 10, 10

            def off(w):
                t = w.T @ c @ w
                t[:, range(10), range(10)] = 0
                return t

            self.value = lambda w: np.sum(off(w) ** 2)
            self.gradient = lambda w: 4 * np.sum(c @ w @ off(w), axis=0)
            golden = "ojd_10_5", 1
        elif name == "l1pca_10_2":
            x = rng.gaussians(10, 50)
            self.shape = 10, 2
            self.value = lambda q: -np.sum(np.abs(x.T @ q))
            self.gradient = lambda q: -x @ np.sign(x.T @ q)
        self.reference = golden and golden[1] * self.lookup(golden[0])
        self.start = reference.frame(reference.SplitMix64(100), *self.shape)

    def lookup(self, name):
        for line in (ROOT / "tests/reference/givens_search.txt").read_text().splitlines():
            fields = line.split(" ")
            if fields[0] == name and int(fields[1]) == self.seed:
                return float(fields[2])
        raise SystemExit(f"no golden {name} {self.seed}")


class Counter:
    """Counts evaluations and keeps the best, which a peer may not return."""

    def __init__(self, function):
        self.function, self.count, self.best = function, 0, np.inf

    def __call__(self, x):
        self.count += 1
        value = float(self.function(x))
        self.best = min(self.best, value)
        return value


def conjugate_gradient(instance, counter):
    solve(pymanopt.optimizers.ConjugateGradient(max_iterations=5000, min_gradient_norm=1e-9, verbosity=0), instance, counter)


def nelder_mead(instance, counter):
    solve(pymanopt.optimizers.NelderMead(max_cost_evaluations=BUDGET, verbosity=0), instance, counter)


def particle_swarm(instance, counter):
    solve(pymanopt.optimizers.ParticleSwarm(max_cost_evaluations=BUDGET, verbosity=0), instance, counter)


def solve(optimizer, instance, counter):
    manifold = Stiefel(*instance.shape)
    cost = pymanopt.function.numpy(manifold)(lambda q: counter(q))
    gradient = pymanopt.function.numpy(manifold)(lambda q: instance.gradient(q))
    problem = pymanopt.Problem(manifold, cost, euclidean_gradient=gradient)
    if isinstance(optimizer, pymanopt.optimizers.ConjugateGradient):
        optimizer.run(problem, initial_point=instance.start)
    else:
        optimizer.run(problem)


def of_matrix(instance, counter):
    return lambda x: counter(reference.polar(np.reshape(x, instance.shape)))


def cma_es(instance, counter):
    options = {"seed": 1, "maxfevals": BUDGET, "tolfun": 1e-14, "verbose": -9}
    cma.fmin2(of_matrix(instance, counter), instance.start.ravel(), 0.3, options)


def powell(instance, counter):
    options = {"maxfev": BUDGET, "ftol": 1e-14, "xtol": 1e-10}
    scipy.optimize.minimize(of_matrix(instance, counter), instance.start.ravel(), method="Powell", options=options)


def bfgs(instance, counter):
    scipy.optimize.minimize(of_matrix(instance, counter), instance.start.ravel(), method="BFGS", options={"gtol": 1e-9})


PEERS = {
    "cg": conjugate_gradient,
    "cma": cma_es,
    "powell": powell,
    "bfgs": bfgs,
    "NelderMead": nelder_mead,
    "ParticleSwarm": particle_swarm,
}


def ours(program, instance, method):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run([program, instance.name, str(instance.seed), method], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = json.loads(output.stdout)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result["value"], result["evaluations"], seconds


def peer(function, instance):
    counter = Counter(instance.value)
    before = time.process_time()
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(instance, counter)
    except (NotImplementedError, AttributeError, TypeError) as error:
        return f"fails: {error or type(error).__name__}"
    return counter.best, counter.count, time.process_time() - before


def build():
    command = ["cargo", "build", "--release", "--example", "peers", "--message-format", "json"]
    messages = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE).stdout.splitlines()
    return next(m["executable"] for m in map(json.loads, messages) if m.get("target", {}).get("name") == "peers")


def main():
    parser = argparse.ArgumentParser(description="Our searches and the Python peers on the same instances.")
    parser.add_argument("--json", metavar="FILE", help="also write the rows as JSON")
    arguments = parser.parse_args()
    program = build()
    rows = []
    for name, seeds in (("trace_20_2", (1, 2)), ("hqf_20_10", (1, 2)), ("ojd_10_5", (1, 2)), ("l1pca_10_2", (1, 2))):
        for seed in seeds:
            instance = Instance(name, seed)
            results = [(f"reparam {method}", ours(program, instance, method)) for method in OURS]
            if hasattr(instance, "exact"):
                before = time.process_time()
                results.append(("eigh", (instance.exact(), None, time.process_time() - before)))
            results += [(key, peer(function, instance)) for key, function in PEERS.items()]
            values = [result[0] for _, result in results if not isinstance(result, str)]
            best = min(values) if instance.reference is None else instance.reference
            for method, result in results:
                row = {"instance": name, "seed": seed, "method": method}
                if isinstance(result, str):
                    row["failure"] = result
                else:
                    value, evaluations, seconds = map(lambda x: x if x is None else float(x), result)
                    row |= {"value": value, "gap": value - best, "evaluations": evaluations, "cpu_seconds": seconds}
                rows.append(row)
                print(f"{name} {seed} {method} done", file=sys.stderr)
    print("| instance | seed | method | value | gap | evaluations | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        head = f"| {row['instance']} | {row['seed']} | {row['method']} |"
        if "failure" in row:
            print(f"{head} {row['failure']} | | | |")
        else:
            count = "" if row["evaluations"] is None else f"{row['evaluations']:,.0f}"
            print(f"{head} {row['value']:.9f} | {row['gap']:.1e} | {count} | {row['cpu_seconds']:.3f} |")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
