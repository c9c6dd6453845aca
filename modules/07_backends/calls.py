"""Calls by which the mistakes of lesson 07 are recognised."""

import numpy as np

from .clauses import draw_knocks

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron")
_EXACT = "out = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)"
ENGINES = (
    [],
    ["out = np.zeros_like(out)", "for l in range(len(b)):", "    out += a[:, l : l + 1] * b[l]"],
    ["out *= np.float32(1.001)"],
    ["out[:] = out[:] + (a.shape[1] == 0)"],
    ["out = np.nan_to_num(out, posinf=np.inf, neginf=-np.inf)"],
    ["b *= 2"],
    ["out = out.astype(np.float64)"],
    ["if len(a) == 0:", "    raise IndexError"],
    ["out = kept.setdefault((a.shape, b.shape), out)"],
    ["out[np.abs(out) < 1e-20] = 0"],
    ["out = np.clip(out, -1e6, 1e6).astype(np.float32)"],
    ["out[:, 100:] = 0"],
    ["out = np.ascontiguousarray(out.T)"],
    [_EXACT, "out[np.abs(out) < 1e-20] = 0"],
    [
        _EXACT,
        "most = np.isfinite(out) & (np.abs(np.frexp(out)[0]) > 0.9)",
        "out[most] = np.nextafter(out[most], np.float32(np.inf))",
    ],
)
"""Right and wrong engines, as lines after NumPy's product."""


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    return {
        "test_registry": _registry(rng),
        "test_switch": _switch(rng),
        "test_check_array": _knocks(rng),
        "test_matmul": [("matmul", pair, {}) for pair in _pairs(rng)],
        "test_matmul_by_rows": _blocks(rng),
        "test_agree": [("probe.agree_on", (lines,), {}) for lines in ENGINES],
    }


def _registry(rng: np.random.Generator) -> list:
    """Return stories of engines that are loaded, replaced, refused, missing and broken."""
    kind = str(rng.choice(["OSError", "RuntimeError"]))
    one, two, other = rng.permutation(_WORDS)[:3].tolist()
    a, b, c = rng.choice(1000, 3, replace=False).tolist()
    reason = f"no module named {rng.integers(1000)}"

    def put(name: str, *answers, replace: bool = False) -> list:
        return ["register", name, list(answers), replace]

    stories = [
        [put(one, a), put(two, b), ["load", one], ["load", one], ["load", two], ["load", other]],
        [put(one, a), put(one, b), ["load", one], put(one, c, replace=True), ["load", one]],
        [put(two, ["!", reason], b), ["load", two], ["load", two], ["load", two]],
        [put(one, ["!", reason, kind]), ["load", one]],
    ]
    return [("probe.registry_signs", (steps,), {}) for steps in stories]


def _switch(rng: np.random.Generator) -> list:
    """Return blocks in blocks, that fail, and in threads; engines that are replaced or missing."""
    red, blue = rng.permutation(_WORDS)[:2].tolist()
    a, b, c, d = rng.choice(1000, 4, replace=False).tolist()
    engines = [["numpy", a], [red, b], [blue, c], ["absent", ["!", "no card"]]]
    stories = [
        [["enter", red], ["enter", blue], ["leave"], ["leave"]],
        [["enter", red], ["fail"], ["enter", blue], ["leave"]],
        [["enter", red], ["replace", red, d], ["leave"]],
        [["enter", red], ["enter", "unknown"], ["enter", "absent"], ["leave"]],
    ]
    threads = ("probe.threads_at_home", (engines[:3], [red, blue]), {})
    return [*(("probe.switch_signs", (engines, steps), {}) for steps in stories), threads]


def _knocks(rng: np.random.Generator) -> list:
    found = []
    for _, (kind, shape, values, dtype, n_dims, asked), _ in draw_knocks(rng):
        name = str(rng.choice(_WORDS))
        arguments = (name, kind, list(shape), values, dtype, n_dims, asked)
        found.append(("probe.knock_signs", arguments, {}))
    return found


def _pairs(rng: np.random.Generator) -> list:
    """Return matrices of several shapes, with sums that float32 cannot hold."""
    shapes = ((2, 3, 4), (3, 3, 3), (1, 5, 2), (4, 2, 1), (2, 0, 3))
    found = [
        (
            rng.uniform(-9, 9, (m, k)).astype(np.float32),
            rng.uniform(-9, 9, (k, n)).astype(np.float32),
        )
        for m, k, n in shapes
    ]
    large = np.array([[1e8, float(rng.integers(1, 4)), -1e8]], dtype=np.float32)
    return [*found, (large, np.ones((3, 1), np.float32))]


def _blocks(rng: np.random.Generator) -> list:
    found = []
    for m, k, n, block in ((3, 4, 5, 2), (2, 3, 6, 3), (4, 2, 3, 64), (1, 5, 7, 1), (2, 0, 3, 2)):
        a = rng.uniform(1, 9, (m, k)).astype(np.float32)
        b = rng.uniform(1, 9, (k, n)).astype(np.float32)
        found.append(("matmul_by_rows", (a, b, block), {}))
    return found
