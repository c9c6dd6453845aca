"""Common parts of the commands of ``tito grade``."""

from __future__ import annotations

from importlib.util import find_spec

from recsys_edu.errors import MissingDependencyError


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
