"""What each graded cell of lesson 08 is judged by, on inputs that nobody has seen."""

import numpy as np

from tito.judging.figures import hold_op

from .checkpoint import MEANINGS
from .clauses import (
    require_best,
    require_dot,
    require_log_sigmoid,
    require_offset,
    require_safe_update,
    require_stopwatch,
)


def test_row_offset(remote, rng: np.random.Generator) -> None:
    """Rows near and far, also beyond 2³¹."""
    require_offset(remote, rng)


def test_dot(remote, rng: np.random.Generator) -> None:
    """Vectors of any length, traps beside them, gaps in them, and other types."""
    require_dot(remote, rng)


def test_log_sigmoid(remote, rng: np.random.Generator) -> None:
    """The whole range, to nine digits."""
    require_log_sigmoid(remote, rng)


def test_nanoseconds_per_triple(remote, rng: np.random.Generator) -> None:
    """The best of several calls by a clock that moves only in them, per updated triple."""
    for _ in range(3):
        require_stopwatch(remote, rng)


def test_bpr_update(remote, rng: np.random.Generator) -> None:
    """The contract of bpr_update; nothing outside of the arrays is written, and the lock is free."""
    hold_op(remote, "bpr_update", rng, MEANINGS)
    for _ in range(2):
        require_safe_update(remote, rng)


def test_best_items(remote, rng: np.random.Generator) -> None:
    """Equal scores, seen items, and catalogues that are shorter than the list."""
    for _ in range(4):
        require_best(remote, rng)
