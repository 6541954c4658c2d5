"""Golden numbers of `tests/dense_reference.rs`, computed by LAPACK through numpy and scipy. Seed 20240607.

Usage: python3 tests/reference/dense.py > tests/reference/dense.txt

One matrix or vector a line: case, name, rows, cols, elements by rows to 17 digits. Cases differ in shape and in how
well they are conditioned: Gaussian, graded columns, Hilbert.
"""
import numpy as np
from scipy import linalg

rng = np.random.default_rng(20240607)


def emit(case, name, value):
    value = np.atleast_2d(np.asarray(value, dtype=float))
    elements = " ".join(format(x, ".17g") for x in value.ravel())
    print(case, name, *value.shape, elements)


def square(case, a):
    n = len(a)
    b = rng.standard_normal(n)
    emit(case, "a", a)
    emit(case, "b", b)
    emit(case, "solve", np.linalg.solve(a, b))
    emit(case, "solve_t", np.linalg.solve(a.T, b))
    emit(case, "inverse", np.linalg.inv(a))
    emit(case, "determinant", np.linalg.det(a))
    gram = a.T @ a
    emit(case, "gram", gram)
    emit(case, "cholesky", linalg.cholesky(gram))
    emit(case, "gram_solve", linalg.cho_solve(linalg.cho_factor(gram), b))


def tall(case, a):
    rows, cols = a.shape
    b = rng.standard_normal(rows)
    _, r, permutation = linalg.qr(a, mode="economic", pivoting=True)
    emit(case, "a", a)
    emit(case, "b", b)
    emit(case, "least_squares", linalg.lstsq(a, b)[0])
    emit(case, "r", linalg.qr(a, mode="r")[0][:cols])
    emit(case, "pivoted_r_diagonal", np.abs(np.diag(r)))
    emit(case, "permutation", permutation)
    emit(case, "singular_values", linalg.svdvals(a))
    emit(case, "polar", linalg.polar(a)[0])


square("square_gaussian_5", rng.standard_normal((5, 5)))
square("square_graded_7", rng.standard_normal((7, 7)) * 10.0 ** -np.arange(7))
square("square_hilbert_4", linalg.hilbert(4))
tall("tall_gaussian_9x4", rng.standard_normal((9, 4)))
tall("tall_gaussian_6x6", rng.standard_normal((6, 6)))
tall("tall_graded_12x5", rng.standard_normal((12, 5)) * 10.0 ** -np.arange(5))

# Rank 2 in 6 x 4: minimum-norm least squares.
low = rng.standard_normal((6, 2)) @ rng.standard_normal((2, 4))
rhs = rng.standard_normal(6)
emit("low_rank_6x4", "a", low)
emit("low_rank_6x4", "b", rhs)
emit("low_rank_6x4", "minimum_norm", linalg.lstsq(low, rhs, cond=1e-10)[0])
