"""Reference values for tests/group_shuffle_maps.rs, from numpy and scipy alone.

    python3 tests/reference/group_shuffle_maps.py > tests/reference/group_shuffle_maps.txt

Nothing here shares a method with the crate: the Cayley map is a general solve, the exponential is scipy's, the
truncated series are sums of matrix powers.

Output: one line per case, "map size setting parameter ... | element ...".
"""

import numpy as np
from scipy.linalg import expm

SEED = 20261124


def skew(b, theta):
    k = np.zeros((b, b))
    k[np.triu_indices(b, 1)] = theta
    return k - k.T


def cayley(k):
    identity = np.eye(len(k))
    return np.linalg.solve((identity - k).T, (identity + k).T).T


def neumann(k, terms):
    power = np.linalg.matrix_power
    return (np.eye(len(k)) + k) @ sum(power(k, i) for i in range(terms))


def peft(k, setting):
    """The loop of Hugging Face PEFT's OFT, as sums of powers."""
    power = np.linalg.matrix_power
    r = np.eye(len(k))
    if setting > 1:
        r = r + 2 * k
    if setting > 2:
        r = r + 2 * power(k, 2)
        degree = 2
        for _ in range(3, setting - 1):
            degree += 1
            r = r + 2 * power(k, degree)
        r = r + power(k, degree + 1)
    return r


def show(name, b, setting, theta, q):
    numbers = lambda x: " ".join(repr(float(v)) for v in np.ravel(x))
    print(f"{name} {b} {setting} {numbers(theta)} | {numbers(q)}")


def main():
    rng = np.random.default_rng(SEED)
    draw = lambda b, scale: scale * rng.uniform(-1, 1, b * (b - 1) // 2)
    for b in (2, 3, 4, 5, 8, 17):
        for scale in (1e-3, 1.0, 20.0):
            theta = draw(b, scale)
            show("cayley", b, 0, theta, cayley(skew(b, theta)))
    for b in (2, 3, 4):
        for scale in (1e-9, 1e-3, 1.0, 3.0):
            theta = draw(b, scale)
            show("exponential", b, 0, theta, expm(skew(b, theta)))
    # Four rows: one isoclinic part alone (two equal angles), one nearly alone, one angle zero, half a turn.
    u, v, w = rng.uniform(-1, 1, 3)
    for theta in (
        [u, v, w, w, -v, u],
        [u, v, w, -w, v, -u],
        [u, v, w, w, -v, u + 1e-9],
        [1.3, 0, 0, 0, 0, 0],
        [np.pi, 0, 0, 0, 0, 0],
        [np.pi, 0, 0, 0, 0, np.pi],
    ):
        show("exponential", 4, 0, theta, expm(skew(4, theta)))
    for b in (2, 4, 6):
        theta = draw(b, 0.4)
        for terms in range(1, 8):
            show("neumann", b, terms, theta, neumann(skew(b, theta), terms))
        for setting in range(8):
            show("peft", b, setting, theta, peft(skew(b, theta), setting))


main()
