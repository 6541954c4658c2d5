"""Reference values for std-harness/tests/dirac_frenkel_population.rs, from numpy alone. (`-P`: not the random.py beside it.)

    python3 -P tests/reference/dirac_frenkel_population.py > tests/reference/dirac_frenkel_population.txt   (minutes of CPU)

Two independent ways to the law of particles in a swinging trap, dX = ((a(t) - X)^3 + alpha (mean - X)) dt + sqrt(2 D) dW with
a = 1.25 (sin pi t + 1.5), alpha = -1/2, D = 0.01, independent at the start with mean 2 and variance 0.02:

paths   Euler and Maruyama's method as it is, with a step ten times shorter than the crate's (which has a corrector).
grid    two particles: the Fokker-Planck equation itself, finite volumes on a grid, diffusion and drift by the scheme of Scharfetter and Gummel,
        implicit steps; Richardson's extrapolation from two grids.

Output: "way particles time mean variance covariance error error error": moments of one particle and of two, averaged over the particles, which are
all alike; standard errors for paths, the difference of the two grids for grid.
"""

import sys

import numpy as np

ALPHA, D, MEAN, VARIANCE = -0.5, 0.01, 2.0, 0.02
TIMES = [0.5, 1.0, 1.5, 2.0]


def trap(t):
    return 1.25 * (np.sin(np.pi * t) + 1.5)


def put(way, particles, time, values, errors):
    print(way, particles, f"{time:g}", *(f"{x:.8g}" for x in values), *(f"{x:.3g}" for x in errors))
    sys.stdout.flush()


def moments(x):
    """Averages over the particles: each group of paths gives one estimate."""
    d = x.shape[1]
    centred = x - x.mean(axis=0)
    c = centred.T @ centred / (len(x) - 1)
    return [x.mean(), np.trace(c) / d, (c.sum() - np.trace(c)) / (d * (d - 1))]


def paths(particles, count=200_000, dt=1e-3, groups=50):
    rng = np.random.default_rng(20260605 + particles)
    x = MEAN + np.sqrt(VARIANCE) * rng.standard_normal((count, particles))
    step = 0
    for time in TIMES:
        while step < round(time / dt):
            b = (trap(step * dt) - x) ** 3 + ALPHA * (x.mean(axis=1, keepdims=True) - x)
            x += dt * b + np.sqrt(2 * D * dt) * rng.standard_normal(x.shape)
            step += 1
        each = np.array([moments(part) for part in np.split(x, groups)])
        put("paths", particles, time, moments(x), each.std(axis=0, ddof=1) / np.sqrt(groups))


def bernoulli(z):
    return np.where(np.abs(z) < 1e-6, 1 - z / 2, z / np.expm1(np.where(np.abs(z) < 1e-6, 1.0, z)))


def solve_lines(low, main, high, f):
    """Thomas's method along the last axis."""
    n = f.shape[-1]
    c, g = np.empty_like(f), np.empty_like(f)
    c[..., 0], g[..., 0] = high[..., 0] / main[..., 0], f[..., 0] / main[..., 0]
    for k in range(1, n):
        pivot = main[..., k] - low[..., k] * c[..., k - 1]
        c[..., k] = high[..., k] / pivot
        g[..., k] = (f[..., k] - low[..., k] * g[..., k - 1]) / pivot
    for k in range(n - 2, -1, -1):
        g[..., k] -= c[..., k] * g[..., k + 1]
    return g


def grid(cells, dt):
    """Two particles in [0.5, 3.5]^2; the coordinates one after the other in a step, in turn first (Strang)."""
    low, high = 0.5, 3.5
    h = (high - low) / cells
    x = low + h * (np.arange(cells) + 0.5)
    u = np.exp(-((x - MEAN) ** 2) / (2 * VARIANCE))
    u = np.outer(u, u)
    u /= u.sum()
    edges = low + h * np.arange(1, cells)
    found = []

    def sweep(u, t, dt):
        # Along the last axis; the other particle is the first axis.
        b = (trap(t) - edges[None, :]) ** 3 + ALPHA * 0.5 * (x[:, None] - edges[None, :])
        z = b * h / D
        right = D / h**2 * bernoulli(-z)  # out of the left cell
        left = D / h**2 * bernoulli(z)  # out of the right cell
        main, lower, upper = np.ones_like(u), np.zeros_like(u), np.zeros_like(u)
        # Crank and Nicolson.
        s = 0.5 * dt
        flow = right * u[:, :-1] - left * u[:, 1:]
        f = u.copy()
        f[:, :-1] -= s * flow
        f[:, 1:] += s * flow
        main[:, :-1] += s * right
        main[:, 1:] += s * left
        upper[:, :-1] = -s * left
        lower[:, 1:] = -s * right
        return solve_lines(lower, main, upper, f)

    step = 0
    for time in TIMES:
        while step < round(time / dt):
            t = (step + 0.5) * dt
            u = sweep(u, t, 0.5 * dt)
            u = sweep(u.T, t, dt).T
            u = sweep(u, t, 0.5 * dt)
            step += 1
        p = u / u.sum()
        mx, my = p.sum(axis=0) @ x, p.sum(axis=1) @ x
        vx, vy = p.sum(axis=0) @ (x - mx) ** 2, p.sum(axis=1) @ (x - my) ** 2
        c = (x - my) @ p @ (x - mx)
        found.append(np.array([(mx + my) / 2, (vx + vy) / 2, c]))
    return found


coarse, fine = grid(150, 5e-3), grid(300, 2.5e-3)
for time, a, b in zip(TIMES, coarse, fine):
    put("grid", 2, time, b + (b - a) / 3, np.abs(b - a) / 3)
paths(2)
paths(5)
