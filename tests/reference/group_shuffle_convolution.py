"""Golden numbers of `tests/group_shuffle_convolution.rs`, computed by numpy and scipy. Seed 20240610.

Usage: python3 tests/reference/group_shuffle_convolution.py > tests/reference/group_shuffle_convolution.txt

One vector a line: case, name, numbers to 17 digits. Every convolution is assembled as a dense matrix from its
definition, and `scipy.linalg.expm` takes its exponential; spectral norms come from LAPACK's SVD.
"""
import numpy as np
from scipy import linalg

rng = np.random.default_rng(20240610)


def emit(case, name, value):
    print(case, name, " ".join(format(x, ".17g") for x in np.asarray(value, dtype=float).ravel()))


def skew(m):
    """m: groups, out, in, k, k."""
    return 0.5 * (m - m.transpose(0, 2, 1, 3, 4)[..., ::-1, ::-1])


def norms(l):
    c, _, k, _ = l.shape
    shapes = [
        l.transpose(0, 2, 1, 3).reshape(c * k, c * k),
        l.transpose(0, 3, 1, 2).reshape(c * k, c * k),
        l.reshape(c, c * k * k),
        l.transpose(0, 2, 3, 1).reshape(c * k * k, c),
    ]
    return [np.linalg.norm(a, 2) for a in shapes]


def normalized(l, norm):
    """A group of zeros, as that of one channel and a kernel of 1, stays."""
    return np.stack([group * norm / (min(norms(group)) or 1.0) for group in l])


def operator(l, h, w):
    groups, c, _, k, _ = l.shape
    a = np.zeros((groups, c, h, w, groups, c, h, w))
    for g in range(groups):
        for o in range(c):
            for i in range(c):
                for row in range(h):
                    for col in range(w):
                        for p in range(k):
                            for q in range(k):
                                y, x = row + p - k // 2, col + q - k // 2
                                if 0 <= y < h and 0 <= x < w:
                                    a[g, o, row, col, g, i, y, x] += l[g, o, i, p, q]
    n = groups * c * h * w
    return a.reshape(n, n)


def shuffle(x, groups, run):
    c = x.shape[0]
    return x.reshape(c // (groups * run), groups, run, *x.shape[1:]).swapaxes(0, 1).reshape(x.shape)


def case(name, inputs, outputs, h, w, k, stride, groups, paired):
    run = 2 if paired else 1
    x = rng.standard_normal((inputs, h, w))
    inner = max(inputs * stride**2, outputs)
    g1, g2 = groups
    m1 = rng.standard_normal((g1, inner // g1, inner // g1, k, k))
    m2 = rng.standard_normal((g2, outputs // g2, outputs // g2, 1, 1))
    l1, l2 = normalized(skew(m1), 0.7), normalized(skew(m2), 1.0)
    z = shuffle(x, g1, run) if inputs % (g1 * run) == 0 else x
    hh, ww = h // stride, w // stride
    z = z.reshape(inputs, hh, stride, ww, stride).transpose(0, 2, 4, 1, 3).reshape(-1, hh, ww)
    z = np.concatenate([z, np.zeros((inner - len(z), hh, ww))])
    z = (linalg.expm(operator(l1, hh, ww)) @ z.ravel()).reshape(z.shape)
    z = shuffle(z[:outputs], g2, run)
    y = linalg.expm(operator(l2, hh, ww)) @ z.ravel()
    emit(name, "shape", [inputs, outputs, h, w, k, stride, g1, g2, int(paired)])
    emit(name, "m1", m1)
    emit(name, "m2", m2)
    emit(name, "bound1", [k * min(norms(group)) for group in skew(m1)])
    emit(name, "norm1", [np.linalg.norm(operator(skew(m1)[g:g + 1], hh, ww), 2) for g in range(g1)])
    emit(name, "l1", l1)
    emit(name, "x", x)
    emit(name, "y", y)


case("square", 4, 4, 3, 4, 3, 1, (2, 2), False)
case("paired", 8, 8, 2, 2, 3, 1, (2, 2), True)
case("stride", 2, 8, 4, 2, 3, 2, (2, 4), False)
case("wider", 3, 8, 3, 3, 3, 1, (4, 1), False)
case("narrower", 6, 4, 3, 2, 1, 1, (2, 2), False)
case("large_kernel", 2, 2, 4, 3, 5, 1, (1, 2), False)
