"""Golden numbers of `tests/random.rs`: SplitMix64 and Gaussian samples, computed with Python integers and mpmath.

Usage: python3 random.py > random.csv   (needs mpmath)
Columns: seed, words 1..4 (hex), Gaussian pair of words 1 and 2 to 17 digits.
"""
from mpmath import cospi, log, mp, mpf, nstr, sinpi, sqrt

mp.prec = 120
MASK = (1 << 64) - 1


def words(seed):
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def gaussian_pair(first, second):
    positive = (mpf(first >> 11) + mpf(1) / 2) / 2**53
    turns = mpf(second >> 11) / 2**53
    radius = sqrt(-2 * log(positive))
    return radius * cospi(2 * turns), radius * sinpi(2 * turns)


print("seed,word1,word2,word3,word4,x,y")
for seed in [0, 1, 2, 42, 1234567, 0xDEADBEEF, MASK] + [10**k for k in range(2, 19)]:
    stream = words(seed)
    w = [next(stream) for _ in range(4)]
    x, y = gaussian_pair(w[0], w[1])
    print(f"{seed},{','.join(f'{v:016x}' for v in w)},{nstr(x, 17)},{nstr(y, 17)}")
