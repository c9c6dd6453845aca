"""Clauses about ``fit`` and ``recommend``, run on small data before anything is timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsys_backends.contract.clause import require
from recsys_backends.errors import ContractViolation
from tito.jail.limits import MIB, Limits
from tito.judging.remote import Remote
from tito.judging.session import Session
from tito.leaderboard.contract_check import WALL_SECONDS, CheckResult
from tito.leaderboard.division import Division
from tito.leaderboard.draws import generator_of
from tito.leaderboard.quality import HiddenSplit, K, draw_split

Clause = Callable[[Remote, np.random.Generator], None]
_PURPOSE: Final = 2**20
"""Place of these draws, beside those of repeats."""


def _check(
    clauses: Mapping[str, Clause],
    module: Path,
    division: Division,
    seed: int,
    *,
    jailed: bool = True,
    allowed: tuple[str, ...] = (),
) -> CheckResult:
    """Run clauses up to the first that is not kept."""
    session = Session(
        module.parent,
        may_import=allowed,
        jailed=jailed,
        limits=Limits(memory=division.limits.memory_mib * MIB, wall_seconds=WALL_SECONDS),
        seconds=division.limits.call_seconds,
    )
    with session.open(module) as remote:
        for n_kept, (name, clause) in enumerate(clauses.items()):
            try:
                clause(remote, generator_of(seed, _PURPOSE, n_kept))
            except (ContractViolation, AttributeError) as violation:
                return CheckResult(name, str(violation), n_kept)
    return CheckResult("", "", len(clauses))


def _fitted(remote: Remote, split: HiddenSplit) -> Any:
    return remote.fit(split.indptr, split.indices, split.n_items, 7)


def _tiny(rows: list[list[int]], n_items: int) -> HiddenSplit:
    indptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    indices = np.array([item for row in rows for item in row], np.int32)
    nobody = np.zeros(len(rows) + 1, np.int64)
    return HiddenSplit(indptr, indices, n_items, nobody, indices[:0])


def _small_data(remote: Remote, rng: np.random.Generator) -> None:
    """Factors come for users and items without interactions, and for a single pair."""
    cases: list[tuple[list[list[int]], int]] = [
        ([[0]], 1),
        ([[0, 2], [], [1]], 4),
        ([[], []], 3),
        ([[0, 1, 2], [0, 1, 2]], 3),
    ]
    for rows, n_items in cases:
        split = _tiny(rows, n_items)
        split.checked_factors(_fitted(remote, split))


def _arguments_stay(remote: Remote, rng: np.random.Generator) -> None:
    """Arrays that are only read stay as they are; the call would say where they do not."""
    split = draw_split(rng, 60, 80, 1200)
    split.checked_factors(_fitted(remote, split))


def _follows_the_data(remote: Remote, rng: np.random.Generator) -> None:
    """Other interactions give other lists: what is learned comes from the call's own data."""
    first, second = (draw_split(rng, 60, 80, 1200) for _ in range(2))
    answers = [first.checked_factors(_fitted(remote, split)) for split in (first, second)]
    same = all(
        np.array_equal(mine, theirs)
        for mine, theirs in zip(answers[0], answers[1], strict=True)
        if mine is not None and theirs is not None
    )
    require(not same, "fit answers the same for other interactions.")


def _lists_of(remote: Remote, split: HiddenSplit) -> Any:
    _fitted(remote, split)
    lists = remote.recommend(np.arange(split.n_users, dtype=np.int32), K)
    split.require_lists(lists)
    return lists


def _new_items(remote: Remote, rng: np.random.Generator) -> None:
    """Each user gets as many items as asked for, known, distinct and new to them."""
    _lists_of(remote, draw_split(rng, 60, 80, 1200))
    rows: list[list[int]] = [[], list(range(15)), [3]]
    _lists_of(remote, _tiny(rows, 25))


def _some_users(remote: Remote, rng: np.random.Generator) -> None:
    """Users who are asked for alone, or in another order, get the same lists."""
    split = draw_split(rng, 60, 80, 1200)
    lists = _lists_of(remote, split)
    users = rng.permutation(split.n_users)[:20].astype(np.int32)
    some = remote.recommend(users, K)
    require(
        isinstance(some, np.ndarray) and np.array_equal(some, lists[users]),
        "recommend answers otherwise where other users are asked for.",
    )


def _lists_follow_the_data(remote: Remote, rng: np.random.Generator) -> None:
    """Lists are of the data of the last ``fit``."""
    first, second = (_lists_of(remote, draw_split(rng, 60, 80, 1200)) for _ in range(2))
    require(not np.array_equal(first, second), "recommend answers the same for other data.")


CLAUSES: Final[Mapping[str, Clause]] = {
    "small_data_have_factors": _small_data,
    "arguments_stay_as_they_are": _arguments_stay,
    "factors_follow_the_data": _follows_the_data,
}
"""Clauses about factors by name, in the order in which they are run."""
LIST_CLAUSES: Final[Mapping[str, Clause]] = {
    "lists_have_new_items": _new_items,
    "users_can_be_asked_for_alone": _some_users,
    "lists_follow_the_data": _lists_follow_the_data,
}
"""The same about lists."""

check_fit: Final = partial(_check, CLAUSES)
"""Run the clauses about factors; arguments as of ``check_contract``."""
check_lists: Final = partial(_check, LIST_CLAUSES)
"""Run the clauses about lists of recommendations; arguments as of ``check_contract``."""
