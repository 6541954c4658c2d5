"""Golden numbers of `std-harness/tests/dirac_frenkel_planes.rs`, from numpy and scipy.

    python3 -P tests/reference/dirac_frenkel_planes.py > tests/reference/dirac_frenkel_planes.txt

Solutions of two equations in the plane, u_t = -c(x)·grad u, periodic on [-1, 1)², at places of a grid of 128²: the path through a place
is traced back to the start by scipy's DOP853. Paths of the transport are solved in closed form, too (the equation of a phase
with a sine: tan(ωx/2) is a Möbius map), and both must agree. Vlasov's velocity is smooth between the lines x = -1 and
x = 1 alone: the path is traced from line to line.

Output: "name t column row u", the place being (-1 + column/64, -1 + row/64).
"""

import numpy as np
from scipy.integrate import solve_ivp

rng = np.random.default_rng(20260501)
TIGHT = dict(method="DOP853", rtol=3e-14, atol=1e-15)


def wrap(x):
    return (x + 1) % 2 - 1


def closed(x, t, mean, swing, omega, shift):
    """x(t) of x' = mean + swing·sin(ωx + shift), |swing| < mean."""
    root = np.sqrt(mean**2 - swing**2)
    phase = omega * x + shift
    turns = np.floor((phase + np.pi) / (2 * np.pi))
    inner = np.arctan((mean * np.tan((phase - 2 * np.pi * turns) / 2) + swing) / root)
    inner += omega * root * t / 2
    more = np.floor((inner + np.pi / 2) / np.pi)
    phase = 2 * np.arctan((root * np.tan(inner - np.pi * more) - swing) / mean)
    return (phase + 2 * np.pi * (turns + more) - shift) / omega


def transport(x, y, t):
    ends = []
    for place, mean, swing, omega, shift in [(x, 1.0, 0.6, 3 * np.pi, 0.0), (y, 0.8, 0.24, 2 * np.pi, np.pi / 2)]:
        rate = lambda _, z: mean + swing * np.sin(omega * z + shift)
        end = solve_ivp(rate, [t, 0], [place], **TIGHT).y[0, -1]
        exact = closed(place, -t, mean, swing, omega, shift)
        assert abs(end - exact) < 1e-10, (end, exact)
        ends.append(wrap(exact))
    return np.exp(-((ends[0] + 0.2) ** 2 + ends[1] ** 2) / (8e-3 * np.pi))


def vlasov(x, v, t):
    def rate(_, z):
        x, v = z
        slope = 0.2 * np.sin(np.pi * x**4) * 4 * np.pi * x**3 - 0.1 * np.pi * np.cos(np.pi * x)
        return [v, -slope]

    lines = [lambda _, z: z[0] - 1.0, lambda _, z: z[0] + 1.0]
    for line in lines:
        line.terminal = True
    z = np.array([x, v])
    while t > 0:
        # A start on a line is inside of it.
        found = solve_ivp(rate, [t, 0], z, events=lines, **TIGHT)
        t, z = found.t[-1], found.y[:, -1]
        if found.status == 1:
            z[0] = -np.sign(z[0]) * (1 - 1e-15)
    return np.exp(-((wrap(z[0]) - 0.1) ** 2 + z[1] ** 2) / 0.15**2)


def forward(name, z, t):
    """Where a path from the start is, roughly: places there are worth a look."""
    if name == "transport":
        return [closed(z[0], t, 1, 0.6, 3 * np.pi, 0), closed(z[1], t, 0.8, 0.24, 2 * np.pi, np.pi / 2)]
    slope = lambda x: 0.8 * np.pi * np.sin(np.pi * x**4) * x**3 - 0.1 * np.pi * np.cos(np.pi * x)
    return solve_ivp(lambda _, z: [z[1], -slope(wrap(z[0]))], [0, t], z, rtol=1e-9, atol=1e-9).y[:, -1]


for name, times, middle, width in [
    ("transport", (0.5, 4.0, 20.0), (-0.2, 0.0), 0.08),
    ("vlasov", (0.5, 3.0), (0.1, 0.0), 0.1),
]:
    solution = {"transport": transport, "vlasov": vlasov}[name]
    for t in times:
        for _ in range(8):
            place = np.array(forward(name, np.array(middle) + width * rng.standard_normal(2), t))
            column, row = np.round((wrap(place) + 1) * 64).astype(int) % 128
            print(name, t, column, row, f"{solution(-1 + column / 64, -1 + row / 64, t):.15e}")
