"""Clauses of ``als_half_step``: many rows, long rows, and rows of every length together."""

from __future__ import annotations

import numpy as np

from recsys_backends.contract.als_half_step import HalfStep
from recsys_backends.contract.clause import clause

_LENGTHS = sorted({0, 1, 2, 3} | {2**power + step for power in range(2, 13) for step in (-1, 0, 1)})


def _half_step(rng: np.random.Generator, lengths: list[int], n_cols: int, d: int) -> HalfStep:
    """Draw rows of these lengths, in random order."""
    order = rng.permutation(np.array(lengths))
    rows = [np.sort(rng.permutation(n_cols)[:length]) for length in order.tolist()]
    return HalfStep(
        rng.normal(0.0, 0.5, (n_cols, d)).astype(np.float32),
        np.concatenate([[0], np.cumsum(order)]).astype(np.int64),
        np.concatenate(rows).astype(np.int32),
        rng.choice([0.0, 0.5, 1.0, 7.0, 30.0], int(order.sum())).astype(np.float32),
        regularization=1.0,
    )


@clause("als_half_step", level="engine", long=True)
def rows_of_every_length_are_solved(rng: np.random.Generator) -> None:
    """From 0 to 4,097 interactions, short rows beside long ones, on 1 to 16 threads."""
    for d in (3, 40):
        call = _half_step(rng, _LENGTHS, 4200, d)
        for n_threads in (1, 2, 5, 16):
            what = f"rows of 0 to 4,097 interactions, {d} factors, {n_threads} threads"
            call.require_minimum(call.solve(n_threads=n_threads), what)


@clause("als_half_step", level="engine", long=True)
def more_rows_and_columns_than_16_bits_are_solved(rng: np.random.Generator) -> None:
    """70,001 rows; and one row with all of 70,001 columns."""
    for lengths, n_cols in (([2] * 70_001, 9), ([70_001, 3], 70_001)):
        call = _half_step(rng, lengths, n_cols, 2)
        call.require_minimum(call.solve(n_threads=2), f"{len(lengths)} rows, {n_cols} columns")
