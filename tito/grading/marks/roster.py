"""Who is who: the rows of a table that an LMS exported, and the students of the gradebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tito.grading.marks.marks import Student

Keys = Callable[[Student], Iterable[str]]


@dataclass(frozen=True)
class Matched:
    """Rows by number, and what could not be told."""

    students: dict[int, Student]
    unknown: tuple[str, ...]
    """Students that no row is about."""
    unclear: tuple[str, ...]
    """Students that several rows may be about, or who share one."""


def match(
    students: Iterable[Student], rows: Sequence[list[str]], columns: Sequence[tuple[int, Keys]]
) -> Matched:
    """Find each student's row by what an LMS knows them by, the surest first.

    Args:
        students: those of the gradebook.
        rows: the table's.
        columns: a column, and what may stand in it for a student. The first that has it in any row
            decides: in two rows, it is unclear which is meant.
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
    """What the gradebook calls a student, and the same before an @."""
    return (student.id, student.id.partition("@")[0])


def emails(student: Student) -> Iterable[str]:
    """A student's address, which may be the id."""
    return (student.email, *([student.id] if "@" in student.id else []))


def names(student: Student) -> Iterable[str]:
    """A student's name in either order, and as it came with what was handed in."""
    first, last = student.first_name, student.last_name
    given = (f"{first} {last}", f"{last}, {first}") if first and last else ()
    return (*given, *student.lms_ids.get("name", ()))


def by_lms(kind: str, prefix: str = "") -> Keys:
    """What an LMS of this kind called a student when it exported what they had handed in."""
    return lambda student: (f"{prefix}{each}" for each in student.lms_ids.get(kind, ()))
