#!/usr/bin/env python3
"""Makes `echo.csv`: half a second of noise from a loudspeaker and what a microphone hears of it, at 8 kHz.

    python3 echo.py [--check]

The echo path has 128 taps: 40 of silence, then 64 of e^(-k/10) cos(0.9k + 0.3), scaled to norm 0.5. Noise 30 dB below the echo
is added; both signals are rounded to the integers of a converter of 16 bits. `--check` writes nothing and fails where the
file differs. Needs numpy. Seed 1.
"""

import sys
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "echo.csv"
SAMPLES = 4000
DELAY, TAPS = 40, 64
# Root mean square of the input in steps of the converter.
LEVEL = 3000
NORM = 0.5


def make():
    rng = np.random.default_rng(1)
    k = np.arange(TAPS)
    path = np.concatenate([np.zeros(DELAY), np.exp(-k / 10) * np.cos(0.9 * k + 0.3)])
    path *= NORM / np.linalg.norm(path)
    played = np.clip(np.rint(LEVEL * rng.standard_normal(SAMPLES)), -32768, 32767)
    echo = np.convolve(played, path)[:SAMPLES]
    heard = np.rint(echo + 10**-1.5 * np.sqrt(np.mean(echo**2)) * rng.standard_normal(SAMPLES))
    rows = [f"{x},{y}" for x, y in zip(played.astype(int), heard.astype(int))]
    return "\n".join(["played,heard", *rows]) + "\n"


def main():
    text = make()
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(text)
    elif not FILE.exists() or FILE.read_text() != text:
        sys.exit(f"differs: {FILE.name}")


main()
