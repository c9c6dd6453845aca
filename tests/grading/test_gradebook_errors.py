"""Faults of the database, which nbgrader reports in several ways, become sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import InvalidEntry
from sqlalchemy.exc import OperationalError

from tito.grading.course import GradingCourse, GradingError
from tito.grading.gradebook import translated_errors


def fail(text: str, *, wrapped: bool) -> None:
    """Raise an error of the database, as it is or as nbgrader's own."""
    try:
        raise OperationalError("INSERT", {}, Exception(text))
    except OperationalError as error:
        if not wrapped:
            raise
        raise InvalidEntry(*error.args)  # noqa: B904  # as nbgrader does


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("database or disk is full", "the disk is full: make room"),
        ("database is locked", "is in use by another program"),
        ("no such column", "cannot be used: .*no such column"),
    ],
)
def test_a_fault_of_the_database_is_a_sentence(
    text: str, said: str, wrapped: bool, tmp_path: Path
) -> None:
    with pytest.raises(GradingError, match=said), translated_errors(GradingCourse(tmp_path)):
        fail(text, wrapped=wrapped)


def test_an_entry_that_is_wrong_stays_the_submissions_own_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidEntry), translated_errors(GradingCourse(tmp_path)):
        raise InvalidEntry("two of one name")
