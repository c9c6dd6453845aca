"""Features of the users and films of MovieLens 100k: u.user and u.item."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from recsys_edu.errors import DataError
from recsys_edu.features import Features

GENRES: Final = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance"),
    *("Sci-Fi", "Thriller", "War", "Western"),
)
_BEFORE_GENRES: Final = 5
"""Fields of a film before its genres: id, title, two dates and an address."""


def read_ml_100k_users(path: Path) -> Features:
    """Read age (numeric), gender and occupation (categorical) of each user from u.user.

    Raises:
        DataError: with file and line: a line that is not "id|age|gender|occupation|postcode".
    """
    ids, ages, genders, occupations = [], [], [], []
    for number, fields in _lines(path, 5):
        ids.append(_whole(path, number, fields[0]))
        ages.append(_whole(path, number, fields[1]))
        genders.append(fields[2])
        occupations.append(fields[3])
    return Features(
        ids, numeric={"age": ages}, categorical={"gender": genders, "occupation": occupations}
    )


def read_ml_100k_items(path: Path) -> Features:
    """Read genres (multi-hot) and year of release (numeric) of each film from u.item.

    Raises:
        DataError: with file and line: a line that is not "id|title|day-month-year||address|" and a
            0 or 1 for each genre.
    """
    ids, genres, years = [], [], []
    for number, fields in _lines(path, _BEFORE_GENRES + len(GENRES)):
        flags = fields[_BEFORE_GENRES:]
        if not set(flags) <= {"0", "1"}:
            raise DataError.at(path, number, "each genre must be 0 or 1.")
        ids.append(_whole(path, number, fields[0]))
        genres.append([genre for genre, flag in zip(GENRES, flags, strict=True) if flag == "1"])
        date = fields[2]
        years.append(_whole(path, number, date.rpartition("-")[2]) if date else None)
    return Features(ids, numeric={"year": years}, multi_hot={"genres": genres})


def read_ml_100k_titles(path: Path) -> dict[int, str]:
    """Read the title of each film, by its id, from u.item.

    Raises:
        DataError: with file and line: a line that is not of the form of ``read_ml_100k_items``.
    """
    return {
        _whole(path, number, fields[0]): fields[1]
        for number, fields in _lines(path, _BEFORE_GENRES + len(GENRES))
    }


def _lines(path: Path, n_fields: int) -> list[tuple[int, list[str]]]:
    """Return the number and the fields of each line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="latin-1").splitlines(), 1):
        fields = line.split("|")
        if len(fields) != n_fields:
            raise DataError.at(
                path, number, f"{len(fields)} fields with | between, not {n_fields}."
            )
        found.append((number, fields))
    if not found:
        raise DataError(f"{path} is empty.")
    return found


def _whole(path: Path, number: int, field: str) -> int:
    if not (field.isascii() and field.isdigit() and len(field) < 10):
        raise DataError.at(path, number, f"{field!r} is not a whole number.")
    return int(field)
