"""Common parts of the commands of ``tito grade``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from recsys_edu.errors import MissingDependencyError

if TYPE_CHECKING:
    from tito.grading.autograding.outcome import Outcome


def require_grade_extra() -> None:
    """Raise MissingDependencyError if a package of the extra ``grade`` is not installed."""
    for package in ("nbgrader", "jupytext", "loky"):
        if find_spec(package) is None:
            raise MissingDependencyError.for_extra(package, "grade")


def printable(text: str) -> str:
    """Return text in which characters that could control a terminal are escaped."""
    return "".join(x if x.isprintable() else repr(x)[1:-1] for x in text)


def printable_lines(text: str) -> str:
    """Return text of several lines in which other control characters are escaped."""
    return "\n".join(printable(line) for line in text.split("\n"))


def summary(outcome: Outcome) -> str:
    """Return the status of a submission and its points by tests."""
    points = f", {outcome.earned:g} of {outcome.possible:g} by tests" if outcome.marks else ""
    return f"{outcome.student}: {outcome.status}{points}"


def waiting(outcome: Outcome) -> str:
    """Return a sentence about cells at which a person has to look; empty if there is none."""
    if not outcome.to_look_at:
        return ""
    return (
        f"A person decides about {', '.join(outcome.to_look_at)}: points are missing, and what "
        "stands elsewhere in the notebook was not graded."
    )
