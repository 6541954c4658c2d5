"""Reference values for tests/givens_search.rs and tests/givens_objective.rs, from numpy and scipy alone.

    python3 tests/reference/givens_search.py > tests/reference/givens_search.txt      (about half a minute of CPU)

Nothing here shares code or method with the crate: eigenvalues come from LAPACK, heterogeneous quadratics from a
generalised power method (polar factors) with many random starts polished by BFGS on a Cayley chart, joint
diagonalization from Cardoso and Souloumiac's Jacobi angles, Procrustes and Wahba from the SVD, varimax from Kaiser's
SVD iteration.

Instances are made here and in tests/instances/mod.rs by the same portable generator: SplitMix64, a uniform is the top
53 bits of a word, a Gaussian is sqrt(-2 ln(1 - u)) cos(2 pi v) of two uniforms.

Output: one line per value, "name seed value".
"""

import math
import sys

import numpy as np
from scipy.optimize import minimize

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        return (self.word() >> 11) * 2.0**-53

    def gaussian(self):
        u, v = self.uniform(), self.uniform()
        return math.sqrt(-2.0 * math.log(1.0 - u)) * math.cos(2.0 * math.pi * v)

    def gaussians(self, *shape):
        return np.array([self.gaussian() for _ in range(math.prod(shape))]).reshape(shape)


# --- instances ---------------------------------------------------------------------------------------------------


def correlation(rng, p):
    """Correlation matrix of A'A, A a p by p Gaussian matrix."""
    a = rng.gaussians(p, p)
    s = a.T @ a
    scale = np.sqrt(np.diag(s))
    return s / np.outer(scale, scale)


def frame(rng, rows, cols):
    q, r = np.linalg.qr(rng.gaussians(rows, cols))
    return q * np.sign(np.diag(r))


def joint_diagonalization(rng, p, m):
    w = frame(rng, p, p)
    matrices = []
    for _ in range(m):
        diagonal = np.linspace(0.5, 2.0, p) + 0.2 * rng.gaussians(p)
        noise = rng.gaussians(p, p)
        matrices.append(w @ np.diag(diagonal) @ w.T + 0.1 * (noise + noise.T) / 2)
    return matrices


def loadings(rng, n, p):
    """One main loading a variable, two small ones, columns normalised, hidden rotation."""
    a = np.zeros((n, p))
    for k in range(n):
        sign = 1.0 if rng.uniform() < 0.5 else -1.0
        a[k, k % p] = sign * (0.8 + 0.4 * rng.uniform())
        for shift in (1, 2):
            a[k, (k + shift) % p] = 0.05 * rng.gaussian()
    a /= np.linalg.norm(a, axis=0)
    return a @ frame(rng, p, p)


# --- methods -----------------------------------------------------------------------------------------------------


def polar(m):
    u, _, vt = np.linalg.svd(m, full_matrices=False)
    return u @ vt


def heterogeneous(matrices, starts, rng):
    """Maximum of sum q_c' M_c q_c: power method from many starts, the best ten polished."""
    m = np.array(matrices)
    d, p, _ = m.shape
    value = lambda q: np.einsum("pc,cpq,qc->", q, m, q)
    ends = []
    for _ in range(starts):
        q, _ = np.linalg.qr(rng.standard_normal((p, d)))
        before = -np.inf
        for _ in range(5000):
            q = polar(np.einsum("cpq,qc->pc", m, q))
            now = value(q)
            if now - before < 1e-9:
                break
            before = now
        ends.append((now, q))
    ends.sort(key=lambda end: -end[0])
    best = -np.inf
    for _, q in ends[:10]:
        full, _ = np.linalg.qr(np.hstack([q, rng.standard_normal((p, p - d))]))
        full[:, :d] *= np.sign(np.sum(full[:, :d] * q, axis=0))
        lower = np.tril_indices(p, -1)

        def rotated(x):
            k = np.zeros((p, p))
            k[lower] = x
            k = k - k.T
            return np.linalg.solve(np.eye(p) + k, np.eye(p) - k)

        def cost(x):
            # Value and gradient on the Cayley chart around the start: C = (I + K)^-1 (I - K), Q = F C[:, :d].
            k = np.zeros((p, p))
            k[lower] = x
            k = k - k.T
            inverse = np.linalg.inv(np.eye(p) + k)
            c = inverse @ (np.eye(p) - k)
            q = full @ c[:, :d]
            g = np.zeros((p, p))
            g[:, :d] = 2 * full.T @ np.einsum("cpq,qc->pc", m, q)
            # dC = -(I + K)^-1 dK (C + I)
            gk = -inverse.T @ g @ (c + np.eye(p)).T
            return -value(q), -(gk - gk.T)[lower]

        result = minimize(cost, np.zeros(len(lower[0])), jac=True, method="BFGS", options={"gtol": 1e-10})
        best = max(best, -result.fun)
    return best


def off(matrices, w):
    total = 0.0
    for c in matrices:
        t = w.T @ c @ w
        total += np.sum(t**2) - np.sum(np.diag(t) ** 2)
    return total


def jacobi_angles(matrices, tolerance=1e-14):
    """Cardoso and Souloumiac 1996, real case, from the identity."""
    c = [m.copy() for m in matrices]
    p = len(c[0])
    w = np.eye(p)
    while True:
        largest = 0.0
        for i in range(p - 1):
            for j in range(i + 1, p):
                h = np.array([[m[i, i] - m[j, j], m[i, j] + m[j, i]] for m in c])
                g = h.T @ h
                on, cross = g[0, 0] - g[1, 1], g[0, 1] + g[1, 0]
                theta = 0.5 * math.atan2(cross, on + math.hypot(on, cross))
                largest = max(largest, abs(theta))
                r = np.eye(p)
                r[i, i] = r[j, j] = math.cos(theta)
                r[i, j], r[j, i] = -math.sin(theta), math.sin(theta)
                c = [r.T @ m @ r for m in c]
                w = w @ r
        if largest < tolerance ** 0.5:
            return w


def kaiser_varimax(a):
    """Maximum of the varimax criterion by Kaiser's SVD iteration, from many starts."""
    n, p = a.shape
    value = lambda b: np.sum(np.mean(b**4, axis=0) - np.mean(b**2, axis=0) ** 2)
    best = -np.inf
    rng = np.random.default_rng(0)
    for _ in range(200):
        r, _ = np.linalg.qr(rng.standard_normal((p, p)))
        for _ in range(3000):
            b = a @ r
            new = polar(a.T @ (b**3 - b * np.mean(b**2, axis=0)))
            if np.max(np.abs(new - r)) < 1e-13:
                break
            r = new
        best = max(best, value(a @ r))
    return best


# --- values ------------------------------------------------------------------------------------------------------


def emit(name, seed, value):
    print(f"{name} {seed} {value:.15g}", flush=True)


def main():
    for p in (20, 50, 100):
        for seed in (1, 2):
            values = np.linalg.eigvalsh(correlation(SplitMix64(seed), p))
            emit(f"trace_smallest_{p}_2", seed, values[0] + values[1])

    for seed in range(1, 11):
        c = joint_diagonalization(SplitMix64(seed), 10, 5)
        emit("ojd_10_5", seed, off(c, jacobi_angles(c)))
        _, vectors = np.linalg.eigh(sum(c))
        emit("ojd_10_5_mean_eigenvectors", seed, off(c, vectors))
    for seed in range(1, 4):
        c = joint_diagonalization(SplitMix64(seed), 20, 5)
        emit("ojd_20_5", seed, off(c, jacobi_angles(c)))

    rng = SplitMix64(1)
    a, b = rng.gaussians(30, 4), rng.gaussians(30, 4)
    emit("procrustes_4_4", 1, np.linalg.norm(a @ polar(a.T @ b) - b) ** 2)

    rng = SplitMix64(1)
    truth = frame(rng, 3, 3)
    truth *= np.linalg.det(truth)
    profile, constant = np.zeros((3, 3)), 0.0
    for k in range(40):
        weight, reference = 0.5 + rng.uniform(), rng.gaussians(3)
        measured = truth @ reference + 0.01 * rng.gaussians(3)
        profile += weight * np.outer(measured, reference)
        constant += weight * (measured @ measured + reference @ reference)
    u, _, vt = np.linalg.svd(profile)
    best = u @ np.diag([1, 1, np.linalg.det(u) * np.linalg.det(vt)]) @ vt
    emit("wahba", 1, constant - 2 * np.sum(profile * best))
    for k in range(9):
        emit(f"wahba_frame_{k}", 1, best.flat[k])

    for n, p in ((30, 5), (50, 10)):
        emit(f"varimax_{n}_{p}", 1, -kaiser_varimax(loadings(SplitMix64(1), n, p)))

    for seed in range(1, 6):
        rng = SplitMix64(seed)
        matrices = [correlation(rng, 20) for _ in range(10)]
        emit("hqf_20_10_bound", seed, sum(np.linalg.eigvalsh(m)[-1] for m in matrices))
        emit("hqf_20_10", seed, heterogeneous(matrices, 400, np.random.default_rng(seed)))


if __name__ == "__main__":
    sys.exit(main())
