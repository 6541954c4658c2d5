#!/usr/bin/env python3
"""Small OFT and BOFT adapters as Hugging Face PEFT saves them, and what PEFT computes from them.

    python3 make.py

Emulates PEFT's layers in numpy, from reading their source (Apache-2.0) in 0.11.1, 0.15.2, 0.17.1, 0.18.0 and 0.21.2:
`tuners/oft/layer.py`, `tuners/boft/layer.py`, `tuners/oft/config.py`. Writes one folder for each case with
`adapter_config.json`, `adapter_model.safetensors` and, in `expected.npy`, for each module in alphabetic order the
merged weight (outputs x inputs) of the base weight in `weight.npy`. Needs numpy. Seed 1.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
INPUTS, OUTPUTS = 24, 5
MODULES = ["base_model.model.layers.0.q_proj", "base_model.model.layers.1.mlp.up"]
random = np.random.default_rng(1)


def save_tensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        raw = tensor.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def skew(vector, b):
    """`_pytorch_skew_symmetric`."""
    matrix = np.zeros((len(vector), b, b))
    rows, cols = np.triu_indices(b, 1)
    matrix[:, rows, cols] = vector
    return matrix - matrix.transpose(0, 2, 1)


def cayley(k):
    """`torch.linalg.solve(id + K, id - K, left=False)`: X (I + K) = I - K."""
    identity = np.eye(k.shape[-1])
    return np.linalg.solve((identity + k).transpose(0, 2, 1), (identity - k).transpose(0, 2, 1)).transpose(0, 2, 1)


def neumann_018(k, terms):
    r = np.eye(k.shape[-1])[None].repeat(len(k), 0)
    if terms > 1:
        r += 2 * k
        if terms > 2:
            squared = k @ k
            r += 2 * squared
            power = squared
            for _ in range(3, terms - 1):
                power = power @ k
                r += 2 * power
            power = power @ k
            r += power
    return r


def neumann_017(k, terms):
    r = np.eye(k.shape[-1])[None].repeat(len(k), 0)
    if terms > 1:
        r += 2 * k
        if terms > 2:
            squared = k @ k
            r += 2 * squared
            power = squared
            for _ in range(3, terms):
                power = power @ k
                r += 2 * power
    return r


def block_diagonal(blocks):
    b = blocks.shape[-1]
    out = np.zeros((len(blocks) * b,) * 2)
    for i, block in enumerate(blocks):
        out[i * b : (i + 1) * b, i * b : (i + 1) * b] = block
    return out


def butterfly_permutation(n, b, r, factors):
    """`block_butterfly_perm` and `perm2mat`."""
    indices = np.arange(n)
    if factors > 0:
        size = n // b
        step = size // r
        order = np.empty(size, dtype=int)
        for i, pos in enumerate(list(range(0, step, 2)) + list(range(1, step, 2))):
            order[i * r : i * r + r] = np.arange(size)[pos * r : pos * r + r]
        for i in range(0, n, size):
            indices[i : i + size] = indices[i : i + size][order]
    matrix = np.zeros((n, n))
    matrix[np.arange(n), indices] = 1
    return matrix


def boft_delta(r):
    m, n_blocks, b, _ = r.shape
    k = 0.5 * (r - r.transpose(0, 1, 3, 2))
    blocks = cayley(k.reshape(m * n_blocks, b, b)).reshape(m, n_blocks, b, b)
    permutations = [butterfly_permutation(INPUTS, n_blocks // 2**i, b // 2, m - 1) for i in range(m)]
    factors = [p @ (block_diagonal(q) @ p.T) for p, q in zip(permutations, blocks)]
    delta = factors[0]
    for factor in factors[1:]:
        delta = factor @ delta
    return delta, np.stack(permutations)


def merged(delta, scale=1.0):
    """`merge`: (delta Wt)t times the scale."""
    return (delta @ WEIGHT.T).T * scale


def case(name, config, make, extra=None):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    common = {"base_model_name_or_path": "base", "bias": "none", "target_modules": ["q_proj", "up"]}
    (folder / "adapter_config.json").write_text(json.dumps({**common, **config}, indent=1) + "\n")
    tensors, results = {}, []
    for module in MODULES:
        parts, result = make()
        tensors.update({f"{module}.{part}": tensor for part, tensor in parts.items()})
        results.append(result)
    save_tensors(folder / "adapter_model.safetensors", {**tensors, **(extra or {})})
    np.save(folder / "expected.npy", np.stack(results))


def f32(x):
    return x.astype(np.float32).astype(float)


def vectors(make_blocks, b=4, shared=False):
    def make():
        blocks = INPUTS // b
        weight = f32(random.normal(0, 0.1, (1 if shared else blocks, b * (b - 1) // 2)))
        q = make_blocks(skew(weight, b))
        return {"oft_R.weight": weight}, merged(block_diagonal(q.repeat(blocks, 0) if shared else q))

    return make


def squares(b=6):
    def make():
        a = f32(random.normal(0, 0.3, (INPUTS // b, b, b)))
        scale = f32(random.normal(1, 0.1, (OUTPUTS, 1)))
        k = 0.5 * (a - a.transpose(0, 2, 1))
        return {"oft_r": a, "oft_s": scale}, merged(block_diagonal(cayley(k)), scale)

    return make


def restrained(eps, b=4):
    """`_project_batch` of 0.18."""

    def make():
        weight = f32(random.normal(0, 0.1, (INPUTS // b, b * (b - 1) // 2)))
        k = skew(weight, b)
        limit = eps / np.sqrt(len(k))
        norm = np.sqrt((k**2).sum((1, 2), keepdims=True))
        k = np.where(norm <= limit, k, limit * k / norm)
        return {"oft_R.weight": weight}, merged(block_diagonal(cayley(k)))

    return make


def butterfly(factors, b=4, stored_permutation=False):
    def make():
        r = f32(random.normal(0, 0.3, (factors, INPUTS // b, b, b)))
        scale = f32(random.normal(1, 0.1, (OUTPUTS, 1)))
        delta, permutations = boft_delta(r)
        parts = {"boft_R": r, "boft_s": scale}
        if stored_permutation:
            parts["boft_P"] = permutations
        return parts, merged(delta, scale)

    return make


WEIGHT = f32(random.normal(0, 1, (OUTPUTS, INPUTS)))
np.save(HERE / "weight.npy", WEIGHT)

OFT = {"peft_type": "OFT", "r": 0, "oft_block_size": 4, "coft": False, "eps": 6e-05, "block_share": False}
EXACT = {"use_cayley_neumann": False, "num_cayley_neumann_terms": 5}
NEUMANN = {"use_cayley_neumann": True, "num_cayley_neumann_terms": 5}
BOFT = {"peft_type": "BOFT", "boft_block_size": 4, "boft_block_num": 0}

case("oft_exact", {**OFT, **EXACT, "peft_version": "0.18.0"}, vectors(cayley))
case("oft_neumann", {**OFT, **NEUMANN, "peft_version": "0.18.0"}, vectors(lambda k: neumann_018(k, 5)))
case("oft_neumann_old", {**OFT, **NEUMANN}, vectors(lambda k: neumann_017(k, 5)))
case(
    "oft_shared",
    {**OFT, **EXACT, "block_share": True, "peft_version": "0.21.2"},
    vectors(cayley, shared=True),
    {"base_model.model.classifier.weight": f32(random.normal(0, 1, (2, 3)))},
)
case("oft_restrained", {**OFT, **EXACT, "coft": True, "eps": 0.9, "peft_version": "0.18.0"}, restrained(0.9))
case("oft_squares", {**OFT, "r": 4, "oft_block_size": 0}, squares())
case("boft", {**BOFT, "boft_n_butterfly_factor": 2, "peft_version": "0.18.0"}, butterfly(2))
case("boft_permutation", {**BOFT, "boft_n_butterfly_factor": 1}, butterfly(1, stored_permutation=True))
old = {key: value for key, value in OFT.items() if key != "oft_block_size"}
case("oft_old", {**old, "r": 6}, lambda: ({"oft_r": np.zeros((6, 1, 1))}, WEIGHT))
