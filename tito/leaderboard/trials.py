"""Trials: for each kind of division the baseline, a call on hidden data, and the check of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from recsys_backends.contract.clause import require
from tito.judging.clock import TimedAnswer
from tito.judging.comparison import Check
from tito.judging.shared_files import Call
from tito.leaderboard import baseline_fit, baseline_kernel
from tito.leaderboard.answers import check_answer
from tito.leaderboard.division import Division, DivisionKind
from tito.leaderboard.draws import draw_call
from tito.leaderboard.quality import HiddenSplit, draw_split


@dataclass(frozen=True)
class Trial:
    """One way to time entries."""

    baseline: Path
    """Module that is timed beside them."""
    draw: Callable[[np.random.Generator], tuple[Call, Check]]
    """Function from a generator to a call, and to the check of its answers."""


def trial_of(division: Division) -> Trial:
    """Return the trial of a division in which times are compared."""
    draw, baseline = {
        DivisionKind.KERNEL: (_draw_kernel, baseline_kernel),
        DivisionKind.TIME_TO_QUALITY: (_draw_fit, baseline_fit),
    }[division.kind]
    return Trial(Path(str(baseline.__file__)), partial(draw, division))


def _draw_kernel(division: Division, rng: np.random.Generator) -> tuple[Call, Check]:
    return draw_call(division.op, rng, division.size, division.n_threads), check_answer


def _draw_fit(division: Division, rng: np.random.Generator) -> tuple[Call, Check]:
    size = division.size
    split = draw_split(rng, size["n_users"], size["n_items"], size["n_interactions"])
    call = fit_call(split, int(rng.integers(2**31)))
    return call, partial(_check_fit, split, division.target)


def fit_call(split: HiddenSplit, seed: int) -> Call:
    """Return the call by which an entry learns from a split's training part."""
    return Call("fit", (split.indptr, split.indices, split.n_items, seed))


def _check_fit(
    split: HiddenSplit, target: float, call: Call, entry: TimedAnswer, baseline: TimedAnswer
) -> None:
    """Require the quality of the baseline, but for the share that the division allows."""
    wanted = target * split.ndcg_of_factors(baseline.value)
    found = split.ndcg_of_factors(entry.value)
    require(
        found >= wanted,
        f"NDCG@10 is {found:.3f}; the target on these data is {wanted:.3f}, which is {target:.0%} "
        "of what the baseline reaches.",
    )
