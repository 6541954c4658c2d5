"""Golden numbers of `tests/dirac_frenkel_ansatz.rs`, from numpy alone. Seed 20260500.

    python3 -P tests/reference/dirac_frenkel_ansatz.py > tests/reference/dirac_frenkel_ansatz.txt

Nothing here shares a method with the crate: every ansatz is one formula on complex arrays. Derivatives in a weight are
complex steps; derivatives in a coordinate are Cauchy integrals over a circle around the point, by the trapezoidal rule,
with two radii that must agree.

Output: one line per array, "case name rows cols value ...": weights, periods, points (one a row), values (one a row),
jets (a row per point and coordinate: first, second, third derivative), gradients (a row per point).
"""

import json
from pathlib import Path

import numpy as np

STORED = json.loads((Path(__file__).parent / "dirac_frenkel_weights.json").read_text())
rng = np.random.default_rng(20260500)


def gaussians(theta, x, period):
    c, w, b = theta.reshape(3, -1)
    s = x[0] - b
    q = s**2 if period is None else np.sin(np.pi * s / period) ** 2
    return np.sum(c * np.exp(-(w**2) * q))


def sines(theta, x, period):
    k = np.arange(1, len(theta) // 2 + 1) * 2 * np.pi / period
    odd, even = theta.reshape(-1, 2).T
    return np.sum(np.sin(odd) * np.sin(k * x[0]) + np.sin(even) * np.cos(k * x[0]))


def network(theta, x, periods, width, layers, full):
    d, at = len(x), 0

    def take(*shape):
        nonlocal at
        size = int(np.prod(shape))
        at += size
        return theta[at - size : at].reshape(shape)

    a = take(width, d) if full else 1.0
    phi = take(width, d)
    b = take(width, d) if full else 0.0
    h = np.sum(a * np.cos(2 * np.pi * x / periods + phi) + b, axis=1)
    for _ in range(layers):
        z = take(width, width) @ h + take(width)
        h = z / (1 + np.exp(-z))
    u = take(width) @ h + take(1)[0]
    assert at == len(theta)
    return u


def by_weights(u, theta, x):
    out = np.empty(len(theta))
    for k in range(len(theta)):
        moved = theta.astype(complex)
        moved[k] += 1e-30j
        out[k] = u(moved, x).imag / 1e-30
    return out


def along(u, theta, x, i, radius, nodes=64):
    turns = np.exp(2j * np.pi * np.arange(nodes) / nodes)
    values = np.empty(nodes, complex)
    for k, turn in enumerate(turns):
        moved = x.astype(complex)
        moved[i] += radius * turn
        values[k] = u(theta, moved)
    return np.array([f * np.mean(values * turns**-k).real / radius**k for k, f in [(1, 1), (2, 2), (3, 6)]])


def put(case, name, x):
    x = np.atleast_2d(x)
    print(case, name, *x.shape, *(repr(float(v)) for v in x.ravel()))


def emit(case, u, theta, periods, points, radius):
    theta, points = np.asarray(theta), np.asarray(points)
    jets = np.array([along(u, theta, x, i, radius) for x in points for i in range(points.shape[1])])
    check = np.array([along(u, theta, x, i, 0.8 * radius) for x in points for i in range(points.shape[1])])
    scale = np.abs(jets).max(axis=0)
    assert np.all(np.abs(jets - check) <= 1e-11 * scale), (case, np.abs(jets - check) / scale)
    put(case, "weights", theta)
    put(case, "periods", periods)
    put(case, "points", points)
    put(case, "values", [[u(theta, x)] for x in points])
    put(case, "jets", jets)
    put(case, "gradients", np.array([by_weights(u, theta, x) for x in points]))


line = np.concatenate([rng.standard_normal(4), 0.5 + rng.random(4), rng.uniform(-2, 2, 4)])
emit("gaussians_line", lambda t, x: gaussians(t, x, None), line, [0.0], rng.uniform(-2, 2, (4, 1)), 0.5)
points = np.array([[-5.3], [-4.7], [0.4], [17.0]])
emit("gaussians_circle", lambda t, x: gaussians(t, x, 60.0), STORED["kdv_11"], [60.0], points, 0.4)
emit("sines", lambda t, x: sines(t, x, 3.0), rng.uniform(-2, 2, 6), [3.0], rng.uniform(0, 3, (4, 1)), 0.3)
for case, stored, points, period, width, layers in [
    ("network_41", "burgers_1", [-0.7, -0.5, -0.37, 0.2], 2.0, 5, 1),
    ("network_139", "rdw_1", [0.5, 2.4, 3.0, 4.1], 2 * np.pi, 6, 3),
]:
    theta = np.array(STORED[stored])[: int(case[8:])]
    u = lambda t, x: network(t, x, np.array([period]), width, layers, False)
    emit(case, u, theta, [period], np.reshape(points, (4, 1)), 0.06)
for d, width, layers, full in [(1, 3, 0, True), (2, 4, 2, False), (3, 1, 2, True), (5, 3, 3, True)]:
    n = width * d * (3 if full else 1) + layers * (width**2 + width) + width + 1
    periods = 1 + rng.random(d)
    u = lambda t, x: network(t, x, periods, width, layers, full)
    case = f"network_{d}_{width}_{layers}_{'full' if full else 'phases'}"
    emit(case, u, 0.7 * rng.standard_normal(n), periods, rng.uniform(-2, 2, (3, d)), 0.05)
