"""Partial credit: a cell's points are shared equally by its core clause and its further parts.

The clause ``test_x`` is the core of the cell ``test_x``; clauses named ``test_x__part`` are its
parts. A part is judged, and can earn points, only after the core has held: a function that is not
written, or answers with zeros or with what it was given, earns nothing by a part that it happens to
satisfy.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tito.judging.clauses import ClauseFunction, Verdict

SEPARATOR: Final = "__"
"""Characters between the name of a cell and that of a part."""


@dataclass(frozen=True)
class PartialVerdict:
    """Verdicts of a cell's clauses together."""

    share: float
    """Share of the points that are earned, from 0 to 1."""
    missing: tuple[str, ...]
    """Requirements of the parts that did not hold; empty if the core did not."""
    details: str
    """Faults in full, for instructors: hidden inputs may occur in it. Empty if everything held."""


def core_of(name: str) -> str:
    """Return the name of the cell that a clause judges."""
    return name.partition(SEPARATOR)[0]


def parts_of(clauses: Mapping[str, ClauseFunction], grade_id: str) -> dict[str, ClauseFunction]:
    """Return the further clauses of a cell, by name."""
    return {
        name: clause
        for name, clause in clauses.items()
        if name != grade_id and core_of(name) == grade_id
    }


def judge_parts(
    core: Verdict,
    parts: Mapping[str, ClauseFunction],
    run: Callable[[str, ClauseFunction], Verdict],
) -> PartialVerdict:
    """Judge the parts of a cell whose core was judged.

    Args:
        core: verdict of the core.
        parts: further clauses, by name.
        run: runs a clause.
    """
    if not core.passed:
        return PartialVerdict(0.0, (), core.message)
    verdicts = {name: run(name, clause) for name, clause in parts.items()}
    failed = [name for name, verdict in verdicts.items() if not verdict.passed]
    return PartialVerdict(
        share=1.0 - len(failed) / (1 + len(parts)),
        missing=tuple(requirement_of(parts[name]) for name in failed),
        details=" ".join(f"{name}: {verdicts[name].message}" for name in failed),
    )


def requirement_of(clause: ClauseFunction) -> str:
    """Return a clause's requirement, in its own words, on one line."""
    return " ".join((inspect.getdoc(clause) or "").split())
