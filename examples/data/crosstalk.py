#!/usr/bin/env python3
"""Makes `digits_crosstalk.csv` and `digits_layer.safetensors` from `digits.npy` and `digits_labels.npy`.

    python3 crosstalk.py [--check | --judge OUTCOME.json]

A linear layer of 64 pixels to ten digits, fitted by ridge regression to every other image and then frozen, reads a
sensor whose pixels have been mixed: by 8 × 8 rotations inside each row of the image, then inside each column. The
stream holds what the layer gets to see and what it should have answered. `--check` writes nothing and fails where a
file differs. `--judge` writes nothing and puts the matrix that the target has learnt, as `reparam deploy --json` printed
it, before the layer. Needs numpy. Seed 1.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SAMPLES = 64
# Of the Cayley parameters of the mixing rotations.
MIXING = 0.2
SIDE = 8


def cayley(rng):
    k = np.triu(rng.uniform(-MIXING, MIXING, (SIDE, SIDE)), 1)
    k -= k.T
    return np.linalg.solve(np.eye(SIDE) - k, np.eye(SIDE) + k)


def tensors_file(tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, array in sorted(tensors.items()):
        piece = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def turn(outcome, images):
    """What the learnt matrix makes of images: blocks on rows, then on columns."""
    outputs = {output["name"]: output["target"] for output in json.loads(Path(outcome).read_text())["outputs"]}
    rows, columns = np.array(outputs["rotation"]).reshape(2, SIDE, SIDE, SIDE)
    images = np.einsum("rij,nrj->nri", rows, images.reshape(-1, SIDE, SIDE))
    return np.einsum("cij,njc->nic", columns, images).reshape(-1, SIDE * SIDE)


def make(outcome):
    pixels = np.load(HERE / "digits.npy") / 16.0
    labels = np.load(HERE / "digits_labels.npy")
    images = pixels - pixels.mean(0)
    fitted, held_out = images[::2], images[1::2]
    wanted = np.eye(10)[labels[::2]] - 0.1
    weight = np.linalg.solve(fitted.T @ fitted + np.eye(SIDE * SIDE), fitted.T @ wanted).T

    rng = np.random.default_rng(1)
    rows, columns = ([cayley(rng) for _ in range(SIDE)] for _ in range(2))
    mixed = images.reshape(-1, SIDE, SIDE)
    mixed = np.einsum("rij,nrj->nri", rows, mixed)
    mixed = np.einsum("cij,njc->nic", columns, mixed).reshape(-1, SIDE * SIDE)
    judged = [("as they are", held_out), ("mixed", mixed[1::2])]
    if outcome:
        judged.append(("mixed, then turned", turn(outcome, mixed[1::2])))
    for name, seen in judged:
        right = np.mean((seen @ weight.T).argmax(1) == labels[1::2])
        print(f"held-out images {name}: {100 * right:.1f} % right", file=sys.stderr)

    columns_of_file = [f"pixel_{i}" for i in range(SIDE * SIDE)] + [f"answer_{i}" for i in range(10)]
    lines = [",".join(columns_of_file)]
    for seen, image in zip(mixed[: 2 * SAMPLES : 2], fitted[:SAMPLES]):
        lines.append(",".join(f"{x:.4f}" for x in [*seen, *(weight @ image)]))

    # The identity, to start with: parameters of zero.
    theta = np.zeros((2, SIDE, SIDE * (SIDE - 1) // 2))
    header = {
        "version": "1",
        "dim": str(SIDE * SIDE),
        "block": str(SIDE),
        "factors": "2",
        "layout": "shuffle-return",
        "permutation": "scatter",
        "storage": "parameters",
        "cayley_sign": "plus",
        "cayley_factor": "1",
        "side": "input",
    }
    metadata = {f"layers.0:group_shuffle.{key}": value for key, value in header.items()} | {"seed": "1"}
    tensors = {"layers.0.theta": theta, "base.layers.0.weight": weight}
    return {
        "digits_crosstalk.csv": ("\n".join(lines) + "\n").encode(),
        "digits_layer.safetensors": tensors_file(tensors, metadata),
    }


def main():
    differ = []
    outcome = sys.argv[2] if sys.argv[1:2] == ["--judge"] else None
    for name, content in make(outcome).items():
        path = HERE / name
        if outcome:
            continue
        if sys.argv[1:] == ["--check"]:
            if not path.exists() or path.read_bytes() != content:
                differ.append(name)
        else:
            path.write_bytes(content)
    if differ:
        sys.exit(f"differ: {', '.join(differ)}")


main()
