"""Golden numbers for tests/dirac_frenkel_*.rs, from numpy alone.

    python3 tests/reference/dirac_frenkel.py > tests/reference/dirac_frenkel.txt

First least squares of matrices in closed form by LAPACK's singular values: `squares M N R D REL rank |eta| |Pm| residual |JPm|
residual-with-Pm`, see tests/dirac_frenkel_least_squares.rs. Then solutions of equations by Fourier series, 512 modes and
the classical Runge-Kutta method with an integrating factor for the linear part: `solution NAME T u(x_0) u(x_1) …` at 128 points.
"""

import numpy as np


def squares(m, n, r, d, rel):
    i, j, k = np.arange(m)[:, None], np.arange(n)[None, :], np.arange(r)
    jac = sum(10.0 ** (-d * q) * np.cos(np.pi * q * (i + 0.5) / m) * np.sin(1 + (q + 1) * (j + 1)) for q in k)
    f, mom = np.sin(0.1 * np.arange(m)), np.cos(np.arange(n))
    u, s, vt = np.linalg.svd(jac, full_matrices=False)
    rank = int(np.sum(s >= rel * s[0]))
    eta = vt[:rank].T @ (u[:, :rank].T @ f / s[:rank])
    pm = mom - vt[:rank].T @ (vt[:rank] @ mom)
    norm = np.linalg.norm
    values = [norm(eta), norm(pm), norm(jac @ eta - f), norm(jac @ pm), norm(jac @ (eta + pm) - f)]
    print("squares", m, n, r, d, rel, rank, *(f"{v:.12e}" for v in values))


def solve(name, start, low, high, linear, nonlinear, end, steps):
    """u_t = linear(k)·û + nonlinear(u, u_x), periodic on [low, high)."""
    n = 512
    x = low + (high - low) * np.arange(n) / n
    k = 2j * np.pi * np.fft.rfftfreq(n, (high - low) / n)
    keep = np.abs(k) <= np.abs(k[-1]) * 2 / 3
    h = end / steps
    whole, half = np.exp(h * linear(k)), np.exp(h / 2 * linear(k))

    def rate(v):
        return keep * np.fft.rfft(nonlinear(np.fft.irfft(v, n), np.fft.irfft(k * v, n)))

    v = np.fft.rfft(start(x))
    for _ in range(steps):
        a = rate(v)
        b = rate(half * (v + h / 2 * a))
        c = rate(half * v + h / 2 * b)
        d = rate(whole * v + h * half * c)
        v = whole * v + h / 6 * (whole * a + 2 * half * (b + c) + d)
    u = np.fft.irfft(v, n)[:: n // 128]
    print("solution", name, end, *(f"{value:.15e}" for value in u))


for case in [(128, 30, 18, 0.0, 1e-10), (128, 30, 30, 0.2, 1e-2), (128, 30, 30, 0.2, 1e-4), (128, 30, 30, 0.2, 1e-6),
             (64, 16, 10, 0.25, 1e-2), (64, 16, 10, 0.25, 1e-4)]:
    squares(*case)
solve("burgers", lambda x: (1 - x**2) * np.exp(-30 * (x + 0.5) ** 2), -1, 1,
      lambda k: 0.02 * k**2, lambda u, ux: -u * ux, 2.0, 4000)
solve("allen_cahn", lambda x: np.tanh(2 * np.sin(x)) / 3 + 0.5 * np.cos(2 * x + 0.7), 0, 2 * np.pi,
      lambda k: 0.05 * k**2, lambda u, ux: u - u**3, 3.0, 4000)
