"""Reference values for tests/givens_chart_reference.rs, from numpy and scipy alone.

    python3 tests/reference/givens_chart.py > tests/reference/givens_chart.txt

Nothing here shares a method with the crate. A rotation is the matrix exponential of its generator, a full matrix; a
frame is the product of all of them with columns of the identity; its derivative by an angle is the product with the
generator put in place. Angles of a given frame (drawn by scipy.stats.ortho_group) are found by elimination with full
matrices.

Output: one line per array, "case name rows cols value ...".
"""

import numpy as np
from scipy.linalg import expm
from scipy.stats import ortho_group

SEED = 20260424
# Rows, columns, reflected.
CASES = [(2, 1, False), (3, 3, False), (3, 3, True), (5, 2, False), (8, 8, True), (12, 5, False)]


def planes(rows, cols):
    return [(c, r) for c in range(cols) for r in range(c + 1, rows)]


def generator(rows, plane):
    i, j = plane
    g = np.zeros((rows, rows))
    g[i, j], g[j, i] = -1.0, 1.0
    return g


def identity(rows, cols, reflected):
    e = np.eye(rows)[:, :cols]
    if reflected:
        e[cols - 1, cols - 1] = -1.0
    return e


def product(factors, start):
    for factor in reversed(factors):
        start = factor @ start
    return start


def angles_of(q):
    rows, cols = q.shape
    q, angles = q.copy(), []
    for i, j in planes(rows, cols):
        theta = np.arctan2(q[j, i], q[i, i])
        q = expm(-theta * generator(rows, (i, j))) @ q
        angles.append(theta)
    return np.array(angles), q


def show(case, name, x):
    x = np.atleast_2d(x)
    print(case, name, *x.shape, *(repr(float(v)) for v in x.ravel()))


rng = np.random.default_rng(SEED)
for number, (rows, cols, reflected) in enumerate(CASES):
    case = f"{rows}x{cols}{'r' if reflected else ''}"
    order = planes(rows, cols)
    angles = rng.uniform(-np.pi, np.pi, len(order))
    factors = [expm(theta * generator(rows, plane)) for theta, plane in zip(angles, order)]
    start = identity(rows, cols, reflected)
    frame = product(factors, start)
    x, y = rng.standard_normal(cols), rng.standard_normal(rows)
    weights = rng.standard_normal((rows, cols))
    gradient = []
    for k, plane in enumerate(order):
        changed = factors[:k] + [generator(rows, plane) @ factors[k]] + factors[k + 1 :]
        gradient.append(np.sum(weights * product(changed, start)))
    show(case, "angles", angles)
    show(case, "frame", frame)
    show(case, "x", x)
    show(case, "apply", frame @ x)
    show(case, "y", y)
    show(case, "apply_transpose", frame.T @ y)
    show(case, "weights", weights)
    show(case, "gradient", np.array(gradient))

    square = ortho_group.rvs(rows, random_state=SEED + number) if rows > 1 else np.eye(1)
    if rows == cols and (np.linalg.det(square) < 0) != reflected:
        square[:, 0] = -square[:, 0]
    given = square[:, :cols]
    found, rest = angles_of(given)
    assert np.allclose(rest, identity(rows, cols, reflected), atol=1e-12)
    show(case, "given", given)
    show(case, "given_angles", found)
