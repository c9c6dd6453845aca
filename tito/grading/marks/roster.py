"""Match the rows of an LMS's table with the students of the gradebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tito.grading.marks.marks import Student

Keys = Callable[[Student], Iterable[str]]


@dataclass(frozen=True)
class Matched:
    """Students by the numbers of their rows, and students without a row."""

    students: dict[int, Student]
    unknown: tuple[str, ...]
    """Ids of students without a row."""
    unclear: tuple[str, ...]
    """Ids of students with several possible rows, or with a row that others match too."""


def match(
    students: Iterable[Student], rows: Sequence[list[str]], columns: Sequence[tuple[int, Keys]]
) -> Matched:
    """Find each student's row by the ids that an LMS uses, the surest first.

    Args:
        students: students of the gradebook.
        rows: rows of the table.
        columns: index of a column, and the function that gives a student's possible entries in it.
            The first column with such an entry decides; if two rows have it, neither is chosen.
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
    student: Student, rows: Sequence[list[str]], columns: Sequence[tuple[int, Keys]]
) -> list[int]:
    for column, keys in columns:
        wanted = {key.strip().casefold() for key in keys(student) if key.strip()}
        found = [
            number for number, row in enumerate(rows) if row[column].strip().casefold() in wanted
        ]
        if found:
            return found
    return []


def ids(student: Student) -> Iterable[str]:
    """Return the student's id in the gradebook, and its part before an @."""
    return (student.id, student.id.partition("@")[0])


def emails(student: Student) -> Iterable[str]:
    """Return the student's address, and the id if it is an address."""
    return (student.email, *([student.id] if "@" in student.id else []))


def names(student: Student) -> Iterable[str]:
    """Return the student's name in either order, and as it was in the hand-in."""
    first, last = student.first_name, student.last_name
    given = (f"{first} {last}", f"{last}, {first}") if first and last else ()
    return (*given, *student.lms_ids.get("name", ()))


def by_lms(kind: str, prefix: str = "") -> Keys:
    """Make a function that returns a student's ids in an LMS of this kind."""
    return lambda student: (f"{prefix}{each}" for each in student.lms_ids.get(kind, ()))
