"""Calls by which the mistakes of lesson 09 are recognised."""

import numpy as np

from recsys_backends.plan import SKIPPED

HUGE = 1e16
"""A loss beside which those below 100 lose their digits, so that the order decides what is left."""


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    return {
        "test_count_conflicts": [("count_conflicts", (lanes,), {}) for lanes in _lanes(rng)],
        "test_conflict_free_rounds": [("conflict_free_rounds", (n,), {}) for n in (1, 2, 3, 5)],
        "test_plan_epoch": _plans(rng),
        "test_ordered_sum": [("ordered_sum", (parts,), {}) for parts in _parts(rng)],
        "test_run_rounds": _runs(rng),
        "test_balance_blocks": _balances(rng),
        "test_fit_amdahl": _fits(rng),
    }


def _lanes(rng: np.random.Generator) -> list:
    found = []
    for lengths in ((9, 9, 9), (12, 5, 8, 0), (7, 9)):
        lanes = []
        for n in lengths:
            positives = rng.integers(0, 6, n)
            negatives = (positives + rng.integers(1, 6, n)) % 6
            negatives[rng.random(n) < 0.25] = SKIPPED
            lanes.append(
                np.stack([rng.integers(0, 5, n), positives, negatives], 1).astype(np.int32)
            )
        found.append(lanes)
    return found


def _plans(rng: np.random.Generator) -> list:
    lists = [np.sort(rng.permutation(15)[: rng.integers(3, 10)]) for _ in range(9)]
    indptr = np.concatenate(([0], np.cumsum([len(items) for items in lists]))).astype(np.int64)
    indices = np.concatenate(lists).astype(np.int32)
    blocks = [[part.tolist() for part in np.array_split(rng.permutation(n), 3)] for n in (9, 15)]
    seed = int(rng.integers(1, 10**6))
    return [
        ("lay_out_tiles", (indptr, indices, *blocks), {}),
        *(
            ("plan_epoch", (indptr, indices, 15), {"seed": seed, "epoch": 1, "n_blocks": n_blocks})
            for n_blocks in (1, 3)
        ),
    ]


def _losses(rng: np.random.Generator, n: int) -> list[float]:
    """Return small numbers, and between them huge ones that cancel."""
    losses = rng.uniform(1, 100, n)
    losses[0::4], losses[2::4] = HUGE, -HUGE
    return losses.tolist()


def _parts(rng: np.random.Generator) -> list:
    found = [[]]
    for n in (12, 32, 32):
        numbered = list(enumerate(_losses(rng, n)))
        found.append([numbered[place] for place in rng.permutation(n)])
    return found


def _runs(rng: np.random.Generator) -> list:
    """Return scenes on two threads and on one, and one with a tile that fails.

    On two threads only the first round has losses: the order in which its tiles end is set.
    """
    found = []
    for n_blocks, n_threads, failing in ((4, 2, -1), (4, 1, -1), (3, 1, 1)):
        losses = _losses(rng, n_blocks**2)
        if n_threads > 1:
            small = rng.uniform(1, 100, 2).tolist()
            losses = [small[0], HUGE, small[1], -HUGE, *[0.0] * 12][: n_blocks**2]
        scene = (losses, n_blocks, n_threads, failing)
        found.append(("probe.order_of_rounds", scene, {}))
    return found


def _balances(rng: np.random.Generator) -> list:
    """Return sizes that are all different but for some zeros, so that the rule leaves no choice."""
    found = []
    for n, n_blocks in ((14, 3), (9, 2), (3, 5)):
        sizes = np.cumsum(rng.integers(1, 9, n)) ** 2 + rng.integers(1, 5)
        sizes[-2 if n > 5 else -1 :] = 0
        found.append(("balance_blocks", (rng.permutation(sizes).astype(np.int64), n_blocks), {}))
    return found


def _fits(rng: np.random.Generator) -> list:
    times = [
        ([1, 2, 4, 8], (3 + 9 / np.array([1, 2, 4, 8])) * rng.uniform(0.95, 1.05, 4)),
        ([1, 2, 4], np.array([8.0, 3.7, 1.6]) * rng.uniform(0.98, 1.02)),
        ([1, 2, 4], np.array([1.0, 1.6, 2.9]) * rng.uniform(0.98, 1.02)),
        ([2, 2], rng.uniform(1, 2, 2)),
    ]
    return [("fit_amdahl", (numbers, seconds.tolist()), {}) for numbers, seconds in times]
