"""The check for a first line with column names that was read as data."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from recsys_edu.errors import DataError
from recsys_edu.factorizing import Factorized
from recsys_edu.reading.events import ColumnNames, Events

_INTEGER: Final = re.compile(r"-?[0-9]+")


def refuse_header_as_data(events: Events, names: ColumnNames) -> None:
    """Raise DataError if the first event is a line with the names of the columns.

    Two things give it away: its ids are the names that the caller says, or all other ids of a
    column are integers.
    """
    columns = (events.users, events.items)
    if len(events.users.codes) < 2 or any(c.vocabulary.dtype.kind != "U" for c in columns):
        return
    first = [str(column.vocabulary[column.codes[0]]) for column in columns]
    named = [text.lower() for text in first] == [names.user.lower(), names.item.lower()]
    if named or any(map(_is_alone_among_integers, columns)):
        where = "the first line" if events.where is None else events.where(0)
        raise DataError(
            f"{where}: {first[0]!r} and {first[1]!r} look like the names of columns; leave out "
            "columns= for a file whose first line has them."
        )


def _is_alone_among_integers(column: Factorized) -> bool:
    """Return true if the first id is no integer, and all others are."""
    first = column.codes[0]
    if np.count_nonzero(column.codes == first) > 1:
        return False
    others = column.vocabulary.tolist()
    text = others.pop(first)
    return not _INTEGER.fullmatch(text) and all(map(_INTEGER.fullmatch, others))
