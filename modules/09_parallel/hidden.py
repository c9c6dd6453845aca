"""Clauses that judge each graded cell of lesson 09, on inputs that nobody has seen."""

import numpy as np

from tito.judging.figures import hold_op

from .checkpoint import MEANINGS
from .clauses import (
    require_balance,
    require_conflicts,
    require_fit,
    require_layout,
    require_rounds,
    require_run,
    require_sum,
)


def test_count_conflicts(remote, rng: np.random.Generator) -> None:
    """Lanes of any number and length, over even, skewed and tiny catalogues, and with a hub."""
    require_conflicts(remote, rng)


def test_conflict_free_rounds(remote, rng: np.random.Generator) -> None:
    """Rounds in which no two tiles share a block, every tile once, in everybody's order."""
    require_rounds(remote, rng)


def test_plan_epoch(remote, rng: np.random.Generator) -> None:
    """Pairs in their tiles, over even, skewed and tiny catalogues, and the contract of plan_epoch."""
    require_layout(remote, rng)
    hold_op(remote, "plan_epoch", rng, MEANINGS)


def test_ordered_sum(remote, rng: np.random.Generator) -> None:
    """The same float for any order of arrival: that of a loop over the numbers."""
    require_sum(remote, rng)


def test_run_rounds(remote, rng: np.random.Generator) -> None:
    """Rounds one after another, tiles of a round at once, losses by number, errors passed on."""
    require_run(remote, rng)


def test_balance_blocks(remote, rng: np.random.Generator) -> None:
    """Every row in one block, and none fuller than with the largest first; also with a hub."""
    require_balance(remote, rng)


def test_fit_amdahl(remote, rng: np.random.Generator) -> None:
    """Least squares over 1/n, neither part below 0, and an error where no line is fixed."""
    require_fit(remote, rng)
