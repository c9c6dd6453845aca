"""Roster of the course, ``students.csv``: ids, names and sections of those who take part."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tito.grading.course import STUDENT_ID, GradingCourse, GradingError
from tito.grading.marks.tables import Table, read_table

NAME: Final = "students.csv"
COLUMNS: Final = ("id", "first_name", "last_name", "email", "section", "lms_user_id")
"""Columns of the file; all but ``id`` may be left out. nbgrader reads the same names."""


@dataclass(frozen=True)
class Person:
    """A row of the roster."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    section: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Roster:
    """People of a course, in the order of the file."""

    people: tuple[Person, ...] = ()

    def find(self, ids: Iterable[str], names: Iterable[str] = ()) -> Person | None:
        """Find a person by id, address or number in the LMS, or else by name.

        Args:
            ids: possible ids, of which any may be the person's.
            names: names in any order of first and last name; accents count, spaces do not.

        Returns:
            The person; None if nobody is meant, or if several may be.
        """
        by_name = self._by_name
        for found in (
            self.with_ids(ids),
            {person for name in names for person in by_name.get(folded(name), ())},
        ):
            if found:
                return found.pop() if len(found) == 1 else None
        return None

    def with_ids(self, ids: Iterable[str]) -> set[Person]:
        """Return all people with one of these ids, addresses or numbers in the LMS."""
        by_id = self._by_id
        return {person for key in ids for person in by_id.get(key.strip().casefold(), ())}

    @cached_property
    def by_id(self) -> dict[str, Person]:
        """People by their ids."""
        return {person.id: person for person in self.people}

    @cached_property
    def _by_id(self) -> dict[str, list[Person]]:
        keys = [(p, (p.id, p.email, p.lms_user_id)) for p in self.people]
        return _index((p, {key.casefold() for key in each}) for p, each in keys)

    @cached_property
    def _by_name(self) -> dict[str, list[Person]]:
        keys = [(p, (p.name, f"{p.last_name} {p.first_name}")) for p in self.people]
        return _index((p, {folded(key) for key in each}) for p, each in keys)


def folded(text: str) -> str:
    """Return letters and digits alone, in lower case: LMSs drop the others from names."""
    normal = unicodedata.normalize("NFC", text).casefold()
    return "".join(x for x in normal if x.isalnum())


def read_roster(course: GradingCourse) -> Roster | None:
    """Read the roster; return None if the folder has none.

    Raises:
        GradingError: it cannot be read, lacks the column ``id``, has a column that is not known,
            or an id that is missing, not allowed or there twice.
    """
    path = course.root / NAME
    if not path.exists():
        return None
    table = read_table(path)
    names = [title.strip().casefold() for title in table.header]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "id" not in names:
        wrong = f"there is no column {unknown[0]!r}" if unknown else "the column 'id' is missing"
        raise GradingError(f"{path}: {wrong}; there are {', '.join(COLUMNS)}.")
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise GradingError(f"{path} has the column {twice[0]!r} twice.")
    return Roster(tuple(_people(path.name, names, table)))


def _people(path: str, names: list[str], table: Table) -> Iterable[Person]:
    seen: dict[str, str] = {}
    for number, row in enumerate(table.rows, start=2):
        person = Person(**{name: entry.strip() for name, entry in zip(names, row, strict=True)})
        if not STUDENT_ID.fullmatch(person.id):
            raise GradingError(
                f"{path}, row {number}: the id {person.id!r} becomes a folder's name, so it has "
                "letters, digits and . _ @ - only, and begins with a letter or a digit."
            )
        if person.id.casefold() in seen:
            raise GradingError(f"{path}, row {number}: the id {person.id} is there twice.")
        seen[person.id.casefold()] = person.id
        yield person


def _index(people: Iterable[tuple[Person, set[str]]]) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    for person, keys in people:
        for key in keys - {""}:
            found.setdefault(key, []).append(person)
    return found
