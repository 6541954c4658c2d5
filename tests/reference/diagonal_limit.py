"""Reference values for `reparam diagonal limit --reference` and std-harness/tests/diagonal_limit.rs, from numpy and scipy
alone. (`-P`: not the random.py beside it.)

    python3 -P tests/reference/diagonal_limit.py > tests/reference/diagonal_limit.txt      (about fifteen minutes of CPU)

Nothing here shares code or method with the crate. Where the crate solves for densities, here particles move; where it
solves a Volterra equation, here an ordinary differential equation for every direction is integrated; ensembles of
stochastic gradients and filters are simulated anew with numpy's generators.

The reference case: covariance 1; targets 0 (90 %), 3 and -3 (5 % each); weights u^2 - v^2 from u = v = 0.3.

Output: one line per value, "name step time value error", the error being the standard error of the mean over seeds, 0
where nothing is random.
"""

import sys

import numpy as np
from scipy.integrate import solve_ivp

CLASSES = [(0.9, 0.0), (0.05, 3.0), (0.05, -3.0)]
ALPHA = 0.3
TIMES = {0.05: [4, 8, 12, 20], 0.1: [2, 4, 6, 8, 20], 0.2: [2, 4, 12, 20]}


def put(name, step, time, value, error=0.0):
    print(f"{name} {step:g} {time:g} {value:.8g} {error:.3g}")
    sys.stdout.flush()


def put_seeds(name, step, time, values):
    values = np.asarray(values)
    put(name, step, time, values.mean(), values.std(ddof=1) / np.sqrt(len(values)))


def particles(gamma, seeds=4, count=50_000, dt=0.005):
    """Euler-Maruyama for x = ln(u/v): `count` particles a class and seed; each seed has its own risk."""
    rng = np.random.default_rng(int(1000 * gamma))
    shares = np.array([share for share, _ in CLASSES])
    targets = np.array([target for _, target in CLASSES])[None, :, None]
    x = np.zeros((seeds, len(CLASSES), count))
    noise = np.zeros((seeds, 1, 1))

    def state():
        c = ALPHA**2 * np.exp(-8 * gamma**2 * noise)
        e = np.exp(x)
        error = c * (e - 1 / e) - targets
        risk = 0.5 * (np.square(error).mean(axis=2) @ shares)
        return c, e, error, risk

    step = 0
    for time in TIMES[gamma]:
        while step < round(time / dt):
            c, e, error, risk = state()
            risk = risk[:, None, None]
            x += -4 * gamma * dt * error + 4 * gamma * np.sqrt(2 * risk * dt) * rng.standard_normal(x.shape)
            noise += risk * dt
            step += 1
        c, e, error, risk = state()
        put_seeds("particles_risk", gamma, time, risk)
        put_seeds("particles_curvature", gamma, time, (c * (e + 1 / e)).mean(axis=2) @ shares)


def gradients(gamma, dim=1600, seeds=20):
    """Stochastic gradients, all seeds at once."""
    rng = np.random.default_rng(int(2000 * gamma))
    target = np.zeros(dim)
    target[0::20], target[10::20] = 3.0, -3.0
    u = np.full((seeds, dim), ALPHA)
    v = u.copy()
    step = 0
    for time in TIMES[gamma]:
        while step < time * dim:
            a = rng.standard_normal((seeds, dim)) / np.sqrt(dim)
            pull = 2 * gamma * (a * (target - u * u + v * v)).sum(axis=1)[:, None] * a
            u *= 1 + pull
            v *= 1 - pull
            step += 1
        put_seeds("sgd_1600_risk", gamma, time, 0.5 * np.square(u * u - v * v - target).mean(axis=1))
        put_seeds("sgd_1600_curvature", gamma, time, (u * u + v * v).mean(axis=1))


def flow():
    """Mirror flow b' = -4 (b - 3) sqrt(b^2 + 4 c^2): the risk of the reference case."""
    taus = [0.1, 0.2, 0.3, 0.4, 0.5]
    rate = lambda _, b: -4 * (b - 3) * np.sqrt(b * b + 4 * ALPHA**4)
    solved = solve_ivp(rate, (0, 0.5), [0.0], t_eval=taus, rtol=1e-11, atol=1e-13)
    for tau, b in zip(taus, solved.y[0]):
        put("flow_risk", 0, tau, 0.5 * 0.1 * (b - 3) ** 2)


def marchenko_pastur(dim=512, gamma=0.2, runs=20):
    """K = G G'/(2d), G of d x 2d; weights u v from u = 1, v = 0; Gaussian targets; all drawn anew for each run."""
    rng = np.random.default_rng(5)
    times = [1, 2, 4, 6]
    results = {"sgd": [], "sde": []}
    for _ in range(runs):
        factor = rng.standard_normal((dim, 2 * dim)) / np.sqrt(2 * dim)
        target = rng.standard_normal(dim)
        covariance = factor @ factor.T
        diagonal = np.diag(covariance)
        for method, rows in results.items():
            u, v = np.ones(dim), np.zeros(dim)
            row = []
            step = 0
            for time in times:
                while step < time * dim:
                    colored = factor @ rng.standard_normal(2 * dim)
                    if method == "sgd":
                        a = colored / np.sqrt(dim)
                        g = gamma * (a @ (u * v - target)) * a
                    else:
                        e = u * v - target
                        product = covariance @ e
                        risk = e @ product / (2 * dim)
                        g = gamma * product / dim + gamma * np.sqrt(2 * risk / dim) * colored
                    u, v = u - g * v, v - g * u
                    step += 1
                e = u * v - target
                row.append((e @ covariance @ e / (2 * dim), (diagonal * (u * u + v * v)).mean()))
            rows.append(row)
    for method, rows in results.items():
        rows = np.array(rows)
        for i, time in enumerate(times):
            put_seeds(f"marchenko_pastur_{method}_risk", gamma, time, rows[:, i, 0])
            put_seeds(f"marchenko_pastur_{method}_curvature", gamma, time, rows[:, i, 1])


def linear(dim=400, noise=0.01):
    """Second moments of every direction: m' = -2 gamma l m + 2 gamma^2 l Psi, Psi = (noise + mean l m)/2."""
    values = np.arange(1, dim + 1) / dim
    for gamma in [0.5, 1.0, 1.5]:
        def rate(_, m):
            risk = 0.5 * (noise + (values * m).mean())
            return -2 * gamma * values * m + 2 * gamma**2 * values * risk
        times = [1, 2, 4, 8]
        solved = solve_ivp(rate, (0, 8), np.ones(dim), t_eval=times, rtol=1e-10, atol=1e-13)
        for time, m in zip(times, solved.y.T):
            put("linear_excess_risk", gamma, time, 0.5 * (values * m).mean())


def threshold(dim=1000, seeds=16):
    """log10 P(4)/P(0) from a perturbation of 1e-6 of an interpolating solution: 100 ones, u v = 0.25."""
    target = np.zeros(dim)
    target[::10] = 1.0
    square = 0.5 * (target + np.sqrt(target**2 + 4 * 0.25**2))
    put("threshold", 0, 0, 1 / (2 * (square + 0.0625 / square).mean()))
    for gamma in [0.85, 0.95]:
        rng = np.random.default_rng(int(100 * gamma))
        u = np.sqrt(square) * (1 + 1e-6 * rng.standard_normal((seeds, dim)))
        v = 0.25 / np.sqrt(square) * (1 + 1e-6 * rng.standard_normal((seeds, dim)))
        risk = lambda: np.square(u * u - v * v - target).mean(axis=1)
        before = risk()
        for _ in range(4 * dim):
            a = rng.standard_normal((seeds, dim)) / np.sqrt(dim)
            pull = 2 * gamma * (a * (target - u * u + v * v)).sum(axis=1)[:, None] * a
            u *= 1 + pull
            v *= 1 - pull
        put_seeds("threshold_growth", gamma, 4, np.log10(risk() / before))


def filters(seeds=10, samples=20_000, taps=512, rate=0.5, alpha=0.02):
    """Adaptive filters on a sparse echo path, noise 30 dB below the echo: samples to -20 dB, and the level at the end."""
    k = np.arange(64)
    path = np.zeros(taps)
    path[100:164] = np.exp(-k / 10) * np.cos(0.9 * k + 0.3)
    path /= np.linalg.norm(path)
    scale = 2 * alpha**2
    for name, correlation in [("white", 0.0), ("coloured", 0.9)]:
        rng = np.random.default_rng(9)
        x = np.zeros((seeds, samples))
        driving = rng.standard_normal((seeds, samples))
        x[:, 0] = driving[:, 0]
        for n in range(1, samples):
            x[:, n] = correlation * x[:, n - 1] + np.sqrt(1 - correlation**2) * driving[:, n]
        padded = np.concatenate([np.zeros((seeds, taps - 1)), x], axis=1)
        clean = np.array([np.convolve(row, path)[:samples] for row in x])
        power = clean.std(axis=1, keepdims=True)
        # Of power 1, so that the settings mean the same for both inputs.
        y = clean / power + 10**-1.5 * rng.standard_normal((seeds, samples))
        unit_path = path / power
        for method in ["nlms", "ipnlms", "hypentropy", "difference", "floored", "eg"]:
            w = np.zeros((seeds, taps))
            u = np.full((seeds, taps), alpha)
            v = u.copy()
            curve = []
            for n in range(samples):
                a = padded[:, n : n + taps][:, ::-1]
                if method in ["difference", "floored", "eg"]:
                    w = u * u - v * v
                    gain = 4 * (u * u + v * v)
                    regularization = 0.01 * taps * 8 * alpha**2
                elif method == "nlms":
                    gain = np.ones((seeds, taps))
                    regularization = 0.01 * taps
                elif method == "ipnlms":
                    size = np.abs(w)
                    gain = 1.5 / (2 * taps) + 0.5 * size / (2 * size.sum(axis=1, keepdims=True) + 0.01)
                    regularization = 0.01 * 0.75
                else:
                    gain = np.sqrt(w * w + scale**2)
                    regularization = 0.01 * taps * scale
                error = y[:, n] - (a * w).sum(axis=1)
                h = (rate * error / ((a * a * gain).sum(axis=1) + regularization))[:, None] * a
                if method in ["difference", "floored"]:
                    u, v = u * (1 + 2 * h), v * (1 - 2 * h)
                    if method == "floored":
                        u, v = np.maximum(u, alpha), np.maximum(v, alpha)
                elif method == "eg":
                    u, v = u * np.exp(2 * h), v * np.exp(-2 * h)
                else:
                    w = w + gain * h
                if n % 100 == 99:
                    now = u * u - v * v if method in ["difference", "floored", "eg"] else w
                    distance = np.square(now - unit_path).sum(axis=1)
                    curve.append(10 * np.log10(distance / np.square(unit_path).sum(axis=1)))
            curve = np.array(curve)
            reached = (curve <= -20).any(axis=0)
            if reached.all():
                put_seeds(f"{name}_{method}_samples", 0, 20, 100 * (1 + (curve <= -20).argmax(axis=0)))
            put_seeds(f"{name}_{method}_end", 0, samples, curve[-20:].mean(axis=0))


flow()
linear()
threshold()
for gamma in TIMES:
    particles(gamma)
for gamma in TIMES:
    gradients(gamma)
marchenko_pastur()
filters()
