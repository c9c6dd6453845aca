"""What the commands of ``tito grade`` have in common."""

from __future__ import annotations

from importlib.util import find_spec

from recsys_edu.errors import MissingDependencyError


def require_grade_extra() -> None:
    """MissingDependencyError where nbgrader is not there, or what goes with it."""
    for package in ("nbgrader", "jupytext", "loky"):
        if find_spec(package) is None:
            raise MissingDependencyError.for_extra(package, "grade")


def printable(text: str) -> str:
    """The text without what a stranger's file name could do to a terminal."""
    return "".join(x if x.isprintable() else repr(x)[1:-1] for x in text)


def printable_lines(text: str) -> str:
    """The same for what may be of several lines."""
    return "\n".join(printable(line) for line in text.split("\n"))
