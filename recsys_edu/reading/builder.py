"""Building events from the records of a file, whatever its format is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from recsys_edu.errors import DataError
from recsys_edu.quoting import listed
from recsys_edu.reading.columns import IdColumn, TimeColumn, ValueColumn
from recsys_edu.reading.events import ColumnNames, Events
from recsys_edu.reading.fields import Fields
from recsys_edu.reading.numbers import number
from recsys_edu.reading.places import Places

_BATCH: Final = 1 << 16
"""Records that are Python objects at a time."""

_FIELD: Final = {"user": "users", "item": "items", "value": "values", "timestamp": "timestamps"}
"""The field of ``Events`` that a column becomes."""


class Builder:
    """Columns of a file, to which blocks and records are added.

    Args:
        path: the file.
        header: the names of all fields of a record.
        names: which of them to read.
        decimal: the decimal point.
    """

    def __init__(
        self, path: Path, header: Sequence[str], names: ColumnNames, decimal: str = "."
    ) -> None:
        self.path = path
        self.places = Places(path)
        self._columns: dict[str, tuple[int, IdColumn | ValueColumn | TimeColumn]] = {}
        for role, name in names._asdict().items():
            if name is None:
                continue
            about = self.places.errors_of_column(name)
            column: IdColumn | ValueColumn | TimeColumn
            if role == "value":
                column = ValueColumn(about, decimal)
            else:
                column = TimeColumn(about) if role == "timestamp" else IdColumn(about)
            self._columns[role] = (position_of(path, header, name), column)

    def add_fields(self, fields: Fields, first_line: int) -> None:
        """Add a block of lines without quotes."""
        self.places.add(fields.n_lines, first_line)
        for place, column in self._columns.values():
            column.add_fields(fields, place)

    def add_records(self, records: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Add records, each with its line."""
        rest = iter(records)
        while batch := list(islice(rest, _BATCH)):
            self.places.add(len(batch), [line for line, _ in batch])
            for place, column in self._columns.values():
                column.add_texts([record[place] for _, record in batch])

    def finished(self) -> Events:
        """Return the events.

        Raises:
            DataError: there are none, or a field is not what its column holds.
        """
        if not self.places.n_events:
            raise DataError(f"{self.path} holds no interactions.")
        found = {_FIELD[role]: column.finished() for role, (_, column) in self._columns.items()}
        self._columns.clear()
        return Events(**found, where=self.places.where)  # type: ignore[arg-type]


def position_of(path: Path, header: Sequence[str], name: str) -> int:
    """Return the place of a column; DataError unless exactly one has that name."""
    if header.count(name) == 1:
        return header.index(name)
    problem = "more than one column" if name in header else "no column"
    hint = ""
    if name not in header:
        if any(len(field) > 1 and field[0] == field[-1] == '"' for field in header):
            hint = "; quotechar='\"' takes the quotes away"
        elif any(number(field) is not None for field in header):
            hint = "; if the first line holds data, give the names with columns="
    raise DataError(f"{path} has {problem} named {name!r}; its columns are {listed(header)}{hint}.")
