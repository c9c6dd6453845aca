"""Match the rows of an LMS's table with the students of the gradebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tito.grading.marks.people import Student
from tito.grading.marks.tables import Table

Keys = Callable[[Student], Iterable[str]]
"""Function that gives a student's possible entries in a column."""
Entry = Callable[[Sequence[str]], str]
"""Function that gives a row's entry in a column."""
FULL_NAME: Final = "First Name Last Name"
"""Name of two columns, to be read as one."""


@dataclass(frozen=True)
class Matched:
    """Students by the numbers of their rows, and students without a row."""

    students: dict[int, Student]
    unknown: tuple[str, ...]
    """Ids of students without a row."""
    unclear: tuple[str, ...]
    """Ids of students with several possible rows, or with a row that others match too."""


def match(
    students: Iterable[Student], rows: Sequence[list[str]], columns: Sequence[tuple[Entry, Keys]]
) -> Matched:
    """Find each student's row by the ids that an LMS uses, the surest first.

    Args:
        students: students of the gradebook.
        rows: rows of the table.
        columns: a row's entry in a column, and a student's possible entries in it. The first column
            with such an entry decides; if two rows have it, neither is chosen.
    """
    found: dict[int, list[Student]] = {}
    unknown, unclear = [], []
    for student in students:
        candidates = _rows_of(student, rows, columns)
        if not candidates:
            unknown.append(student.id)
        elif len(candidates) > 1:
            unclear.append(student.id)
        else:
            found.setdefault(candidates[0], []).append(student)
    unclear += [each.id for shared in found.values() if len(shared) > 1 for each in shared]
    single = {number: each[0] for number, each in found.items() if len(each) == 1}
    return Matched(single, tuple(unknown), tuple(sorted(unclear)))


def _rows_of(
    student: Student, rows: Sequence[list[str]], columns: Sequence[tuple[Entry, Keys]]
) -> list[int]:
    for entry, keys in columns:
        wanted = {_plain(key) for key in keys(student)} - {""}
        found = [number for number, row in enumerate(rows) if _plain(entry(row)) in wanted]
        if found:
            return found
    return []


def _plain(text: str) -> str:
    """Return text without case, outer spaces and the mark that Brightspace puts before ids."""
    return text.strip().removeprefix("#").casefold()


def entries_of(table: Table, name: str) -> Entry | None:
    """Return the function that gives a row's entry in a column; None without that column."""
    if name == FULL_NAME:
        first, last = table.column("First Name"), table.column("Last Name")
        if first is None or last is None:
            return None
        return lambda row: f"{row[first]} {row[last]}"
    at = table.column(name)
    return None if at is None else lambda row: row[at]


def ids(student: Student) -> Iterable[str]:
    """Return the student's ids in the gradebook and the roster, and their parts before an @."""
    both = (student.id, *student.lms_ids.get("roster_id", ()))
    return (*both, *(each.partition("@")[0] for each in both))


def emails(student: Student) -> Iterable[str]:
    """Return the student's address, and the id if it is an address."""
    return (student.email, *([student.id] if "@" in student.id else []))


def names(student: Student) -> Iterable[str]:
    """Return the student's name in either order, and as it was in the hand-in."""
    first, last = student.first_name, student.last_name
    given = (f"{first} {last}", f"{last}, {first}") if first and last else ()
    return (*given, *student.lms_ids.get("name", ()))  # the order of a hand-in's is not known


def by_lms(kind: str, prefix: str = "") -> Keys:
    """Make a function that returns a student's ids in an LMS of this kind."""
    return lambda student: (f"{prefix}{each}" for each in student.lms_ids.get(kind, ()))
