#!/usr/bin/env python3
"""Cuts the tables and arrays of this folder from the packages that ship them.

    python3 prepare.py [--check]

Fetches two pinned packages with pip, checks their files by SHA-256, and writes the tables and the licence
texts beside this script. `--check` writes nothing and fails where a file differs. Needs Python 3.11 and pip,
no further package.
"""

import csv
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent

KINEMATICS = "scikit-kinematics==0.10.4"
LEARN = "scikit-learn==1.9.1"

XIMU3 = "tests/data/data_xio3/"
SOURCES = {
    KINEMATICS: {
        XIMU3 + "Inertial.csv": "6f7a9f0ead32451ce8e881650a3702757ac17228a9bb38fc246cb6044c24f6ee",
        XIMU3 + "HighGAccelerometer.csv": "539a84a5834760ef4e73987db437c38dbc7f9e8b81f83f08df78f6e93d8caf57",
        "scikit_kinematics-0.10.4.dist-info/LICENSE.txt": "0b6ec4b0afa43c38ac97ad8363b387297dd526d188cf8d0fdcbd321995130bf1",
    },
    LEARN: {
        "sklearn/datasets/data/wine_data.csv": "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede",
        "sklearn/datasets/data/digits.csv.gz": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
        "scikit_learn-1.9.1.dist-info/licenses/COPYING": "8752dfe82d4a768e76ee309b202e7b33906d1ea9004d68cc61564391cc6b1a96",
    },
}

WINE_COLUMNS = [
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "colour_intensity",
    "hue",
    "od280_od315",
    "proline",
]

# Every fifth wine is kept back as a new sample.
STRIDE = 5


def fetch(package):
    """The wanted files of a package's wheel, as text, by path."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--only-binary", ":all:", "--dest", folder, package]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return {path: checked(package, path, archive.read(path)) for path in SOURCES[package]}


def checked(package, path, content):
    digest = hashlib.sha256(content).hexdigest()
    if digest != SOURCES[package][path]:
        sys.exit(f"{package}: {path} has SHA-256 {digest}, not the one this script was written for")
    return (gzip.decompress(content) if path.endswith(".gz") else content).decode()


def table(header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def wine(files):
    """The thirteen measurements, without the class: every fifth row new, the others to fit."""
    rows = list(csv.reader(files["sklearn/datasets/data/wine_data.csv"].splitlines()))[1:]
    rows = [row[: len(WINE_COLUMNS)] for row in rows]
    new = [index % STRIDE == STRIDE - 1 for index in range(len(rows))]
    return {
        "wine.csv": table(WINE_COLUMNS, [row for row, new in zip(rows, new) if not new]),
        "wine_new.csv": table(WINE_COLUMNS, [row for row, new in zip(rows, new) if new]),
    }


def npy(shape, values):
    """Bytes as NumPy saves them, without NumPy."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(values)


def digits(files):
    """The 64 pixels and the label of each image."""
    rows = files["sklearn/datasets/data/digits.csv.gz"].splitlines()
    rows = [[int(cell) for cell in row.split(",")] for row in rows]
    pixels = [pixel for row in rows for pixel in row[:-1]]
    return {
        "digits.npy": npy((len(rows), len(rows[0]) - 1), pixels),
        "digits_labels.npy": npy((len(rows),), [row[-1] for row in rows]),
    }


def imu_pair(files):
    """Two accelerometers of one device at the times of the second, the first interpolated linearly."""

    def log(name, columns):
        rows = list(csv.reader(files[XIMU3 + name].splitlines()))[1:]
        return [(int(row[0]), [float(row[column]) for column in columns]) for row in rows]

    main = log("Inertial.csv", [4, 5, 6])
    high = log("HighGAccelerometer.csv", [1, 2, 3])
    start = main[0][0]
    rows, after = [], 1
    for time, b in high:
        while after < len(main) and main[after][0] < time:
            after += 1
        if time < start or after == len(main):
            continue
        (t0, a0), (t1, a1) = main[after - 1 : after + 1]
        weight = (time - t0) / (t1 - t0)
        a = [x0 + weight * (x1 - x0) for x0, x1 in zip(a0, a1)]
        rows.append([f"{(time - start) / 1e6:.6f}"] + [f"{x:.6f}" for x in a + b])
    return {"imu_pair.csv": table(["time", "ax", "ay", "az", "bx", "by", "bz"], rows)}


def main():
    kinematics, learn = fetch(KINEMATICS), fetch(LEARN)
    outputs = {
        **wine(learn),
        **digits(learn),
        **imu_pair(kinematics),
        "LICENSE-scikit-kinematics.txt": kinematics["scikit_kinematics-0.10.4.dist-info/LICENSE.txt"],
        "LICENSE-scikit-learn.txt": learn["scikit_learn-1.9.1.dist-info/licenses/COPYING"],
    }
    check = sys.argv[1:] == ["--check"]
    for name, content in outputs.items():
        if isinstance(content, str):
            content = content.replace("\r\n", "\n").encode()
        if check and (HERE / name).read_bytes() != content:
            sys.exit(f"{name} is not what this script makes")
        if not check:
            (HERE / name).write_bytes(content)
        print(f"{name}: {len(content)} bytes")


if __name__ == "__main__":
    main()
