"""Clauses about sizes: each op on both sides of every usual block, buffer and register."""

from __future__ import annotations

from typing import Final

import numpy as np

from recsys_backends.contract.cases import Case, for_every_op

SIZES: Final = tuple(
    sorted({1, 2, 3, 5, 6, 7} | {2**power + step for power in range(3, 11) for step in (-1, 0, 1)})
)
"""1 to 1025: powers of two and their neighbours, between which most loops change their course."""


def _require_right(case: Case, what: str) -> None:
    expected = case.expected()
    case.require_right(case.run(), expected, what)


@for_every_op("is_right_for_any_number_of_rows", long=True)
def rows(rng: np.random.Generator, kind: type[Case]) -> None:
    """From 1 to 1025 rows of work, of which the last ones fill no block."""
    for n_rows in SIZES:
        _require_right(kind.make(rng, n_rows, 24, 6), f"with {n_rows} rows")


@for_every_op("is_right_for_any_number_of_columns", long=True)
def columns(rng: np.random.Generator, kind: type[Case]) -> None:
    """From 1 to 1025 columns that each row has to look at."""
    for n_cols in SIZES:
        _require_right(kind.make(rng, 7, n_cols, 5), f"with {n_cols} columns")


@for_every_op("is_right_for_any_width", without=("plan_epoch",), long=True)
def widths(rng: np.random.Generator, kind: type[Case]) -> None:
    """From 0 to 1025 factors, or neighbours, or terms of a sum; more where it is cheap."""
    beyond = {"item_similarity": (1500,), "als_half_step": (0,)}.get(kind.op, (0, 1500, 2500))
    for width in (*SIZES, *beyond):
        _require_right(kind.make(rng, 5, 11, width), f"with a width of {width}")
