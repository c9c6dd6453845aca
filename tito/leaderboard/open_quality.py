"""Quality of any model within a budget: it learns once from hidden data, and recommends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsys_backends.contract.clause import require
from recsys_edu.intervals import score_interval
from tito.jail.limits import MIB
from tito.jail.machine_lock import measuring
from tito.jail.timed import LIMITS, TimedJail
from tito.jail.timed_group import NotFrozenError
from tito.jail.untimed import TimedProcess
from tito.judging.clock import Sample, TimedSession
from tito.judging.shared_files import Call
from tito.judging.timing_rules import Breach, hidden_threads
from tito.leaderboard.division import Division
from tito.leaderboard.draws import generator_of
from tito.leaderboard.intervals import Estimate
from tito.leaderboard.quality import HiddenSplit, K, draw_split
from tito.leaderboard.trials import fit_call

DIGITS: Final = 3
"""Digits of a score that are kept: more would tell probing entries of the hidden data."""


@dataclass(frozen=True)
class Quality:
    """Measurements of one model."""

    score: Estimate | None
    """Mean NDCG@10 over users, with its interval of 95 %; None where it did not come to that."""
    seconds: float
    """Wall time of ``fit`` and of ``recommend`` for all users."""
    reasons: tuple[str, ...]
    """Sentences on what keeps it from being verified; empty where nothing does."""
    breach: str
    """Rule that the entry broke; empty without one."""


def measure_quality(
    module: Path,
    division: Division,
    seed: int,
    *,
    jailed: bool = True,
    announce: Callable[[str], None] = lambda sentence: None,
) -> Quality:
    """Let an entry learn and recommend, and compute the quality of its lists.

    Args:
        module: the entry's module.
        division: rules; ``limits.call_seconds`` is the budget of both calls together.
        seed: the division's secret: all entries are judged by one draw.
        jailed: run the entry in a timed jail.
        announce: called with sentences about the progress.

    Raises:
        LearnerError: the entry brings no answer within the budget.
        ContractViolation: its lists are none, or both calls took longer than the budget.
    """
    split, seed = _drawn(division, generator_of(seed))
    try:
        lists, samples, problems = _lists_of(module, division, split, seed, jailed, announce)
    except NotFrozenError as error:
        sentence = f"the entry could not be frozen: {error}"
        return Quality(None, 0.0, (sentence,), str(Breach.NOT_FROZEN))
    seconds, budget = sum(s.wall for s in samples) / 1e9, division.limits.call_seconds
    require(seconds <= budget, f"fit and recommend took {seconds:.1f} s; the budget is {budget:g}.")
    values = split.ndcg(lists)
    sentence = hidden_threads(samples, [Sample(0, 0, 0)], division.n_threads) or ""
    reasons = (*([f"the entry: {sentence}"] if sentence else []), *problems)
    breach = str(Breach.HIDDEN_THREADS) if sentence else ""
    return Quality(_estimate(values[~np.isnan(values)]), seconds, reasons, breach)


def _drawn(division: Division, rng: np.random.Generator) -> tuple[HiddenSplit, int]:
    """Return the hidden data, and the seed that the entry is given."""
    size = division.size
    split = draw_split(rng, size["n_users"], size["n_items"], size["n_interactions"])
    return split, int(rng.integers(2**31))


def _lists_of(
    module: Path,
    division: Division,
    split: HiddenSplit,
    seed: int,
    jailed: bool,
    announce: Callable[[str], None],
) -> tuple[Any, list[Sample], tuple[str, ...]]:
    """Return the lists for all users, what both calls took, and the problems of the machine."""
    limits = replace(LIMITS, memory=division.limits.memory_mib * MIB)
    launch = partial(TimedJail if jailed else TimedProcess, limits=limits)
    budget = division.limits.call_seconds
    with (
        measuring(announce),
        TimedSession(module, launch, n_threads=division.n_threads, seconds=budget) as session,
    ):
        _, learned = session.call(fit_call(split, seed))
        announce(f"fit took {learned.wall / 1e9:.2f} s.")
        users = np.arange(split.n_users, dtype=np.int32)
        answer, ranked = session.call(Call("recommend", (users, K)))
        announce(f"recommend took {ranked.wall / 1e9:.2f} s.")
        return answer.value, [learned, ranked], session.problems


def _estimate(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Estimate:
    low, high = score_interval(values)
    return Estimate(*(round(float(x), DIGITS) for x in (values.mean(), low, high)))
