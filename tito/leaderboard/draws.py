"""Hidden data of kernel divisions: one call of an op, drawn anew for each repeat and round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.registry import use_backend
from tito.judging.shared_files import Call

Size = Mapping[str, int]
_SPREAD: Final = 1.0
"""Standard deviation of the logarithm of items' popularity."""


def generator_of(seed: int, *place: int) -> np.random.Generator:
    """Return the generator of one draw.

    Args:
        seed: secret of the judgement, at least 0.
        place: numbers that tell the draws of a judgement apart. No draw says anything of another.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))


def draw_call(op: str, rng: np.random.Generator, size: Size, n_threads: int) -> Call:
    """Return a call of an op on data of about the given size.

    Args:
        op: of a kernel division.
        rng: decides everything that is drawn.
        size: keys as in the division's file; the numbers of rows vary by a few per cent.
        n_threads: argument of the call.
    """
    call = _DRAWS[op](rng, size)
    return Call(op, call.args, {**call.kwargs, "n_threads": n_threads})


def drawn_rows(
    rng: np.random.Generator, n_rows: int, n_cols: int, per_row: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return (indptr, indices) of rows with long-tailed columns, about ``per_row`` in each.

    A few rows are empty.
    """
    popularity = rng.permutation(np.exp(_SPREAD * rng.normal(size=n_cols)))
    edges = np.cumsum(popularity / popularity.sum())
    activity = rng.poisson(per_row * rng.gamma(2.0, 0.5, n_rows))
    rows = np.repeat(np.arange(n_rows), np.minimum(activity, n_cols))
    cols = np.minimum(np.searchsorted(edges, rng.random(len(rows))), n_cols - 1)
    pairs = np.sort(rows * n_cols + cols)  # np.unique hashes, which takes twenty times as long
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    indptr = np.zeros(n_rows + 1, np.int64)
    np.cumsum(np.bincount(pairs // n_cols, minlength=n_rows), out=indptr[1:])
    return indptr, (pairs % n_cols).astype(np.int32)


def _about(rng: np.random.Generator, n: int) -> int:
    """Return a number within 3 % of n, so that no kernel is made for one shape alone."""
    return int(rng.integers(round(0.97 * n), round(1.03 * n) + 1))


def _factors(rng: np.random.Generator, n_rows: int, n_factors: int) -> NDArray[np.float32]:
    return rng.normal(0.0, 0.1, (n_rows, n_factors)).astype(np.float32)


def _rows_of(
    rng: np.random.Generator, size: Size
) -> tuple[int, int, NDArray[np.int64], NDArray[np.int32]]:
    n_users, n_items = _about(rng, size["n_users"]), _about(rng, size["n_items"])
    return n_users, n_items, *drawn_rows(rng, n_users, n_items, size["n_per_user"])


def _top_k(rng: np.random.Generator, size: Size) -> Call:
    n_users, n_items, indptr, indices = _rows_of(rng, size)
    users, items = (_factors(rng, n, size["n_factors"]) for n in (n_users, n_items))
    biases = rng.normal(0.0, 0.1, n_items).astype(np.float32)
    return Call("top_k", (users, items, biases, indptr, indices), {"k": size["k"]})


def _als_half_step(rng: np.random.Generator, size: Size) -> Call:
    n_users, n_items, indptr, indices = _rows_of(rng, size)
    target, fixed = (_factors(rng, n, size["n_factors"]) for n in (n_users, n_items))
    confidence = rng.uniform(1.0, 20.0, len(indices)).astype(np.float32)
    arrays = (target, fixed, indptr, indices, confidence)
    return Call("als_half_step", arrays, {"regularization": float(rng.uniform(0.05, 0.5))})


def _item_similarity(rng: np.random.Generator, size: Size) -> Call:
    _, n_items, indptr, indices = _rows_of(rng, size)
    settings = {"k": size["k"], "shrinkage": float(rng.uniform(1.0, 20.0))}
    return Call("item_similarity", (indptr, indices, n_items), settings)


def _plan_epoch(rng: np.random.Generator, size: Size) -> Call:
    _, n_items, indptr, indices = _rows_of(rng, size)
    settings = {
        "seed": int(rng.integers(2**63)),
        "epoch": int(rng.integers(1000)),
        "n_blocks": size["n_blocks"],
    }
    return Call("plan_epoch", (indptr, indices, n_items), settings)


def _bpr_update(rng: np.random.Generator, size: Size) -> Call:
    n_users, n_items, indptr, indices = _rows_of(rng, size)
    with use_backend("optimized"):
        plan = ops.plan_epoch(
            indptr,
            indices,
            n_items,
            seed=int(rng.integers(2**63)),
            epoch=0,
            n_blocks=size["n_blocks"],
        )
    users, items = (_factors(rng, n, size["n_factors"]) for n in (n_users, n_items))
    biases = rng.normal(0.0, 0.1, n_items).astype(np.float32)
    rates = {
        "learning_rate": float(rng.uniform(0.03, 0.08)),
        "reg_user": 0.01,
        "reg_positive": 0.01,
        "reg_negative": 0.005,
    }
    return Call("bpr_update", (users, items, biases, plan), rates)


_DRAWS: Final[Mapping[str, Callable[[np.random.Generator, Size], Call]]] = {
    "plan_epoch": _plan_epoch,
    "bpr_update": _bpr_update,
    "als_half_step": _als_half_step,
    "item_similarity": _item_similarity,
    "top_k": _top_k,
}
