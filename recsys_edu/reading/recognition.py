"""Recognizing a file of events by its content, and saying what was recognized."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Sequence
from os import PathLike
from typing import Final, NamedTuple

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.reading import record_formats
from recsys_edu.reading.blocks import blocks_of
from recsys_edu.reading.delimited import Layout, read_delimited
from recsys_edu.reading.events import ColumnNames, Events
from recsys_edu.reading.numbers import microseconds, number
from recsys_edu.reading.sources import Source, opened
from recsys_edu.reading.tables import columns_of_file, read_table
from recsys_edu.reading.wanted import WantedNames, looks_like_header

FORMATS: Final = ("delimited", "json lines", "inter", "user lines", "netflix")
_DELIMITERS: Final = ("::", "\t", ";", "|", ",", " ")
_SAMPLE_LINES: Final = 200
_EARLIEST_TIME: Final = 1e8
"""Numbers above are seconds since 1970, not ratings: from 1973 on."""
_INTER_FIELD: Final = re.compile(r"[^:\t]+:(token|float|token_seq|float_seq)")


class Recognized(NamedTuple):
    """A format, and how it is laid out."""

    format: str
    names: ColumnNames
    layout: Layout | None = None

    def sentence(self, source: Source) -> str:
        """Return what was recognized, as a line for the reader of a terminal."""
        parts = [part for part in (source.packing, self._format(source)) if part]
        roles = [
            f"{role} {name!r}" for role, name in self.names._asdict().items() if name is not None
        ]
        return f"{source.path}: {', '.join(parts)}; {', '.join(roles)}"

    def _format(self, source: Source) -> str:
        if self.layout is None:
            return self.format
        header = "with" if self.layout.columns is None else "without"
        text = f"fields between {self.layout.delimiter!r}, {header} a header"
        if self.layout.decimal == ",":
            text += ", decimal commas"
        return text if source.encoding == "utf-8" else f"{text}, {source.encoding}"


def read_file(
    path: str | PathLike[str],
    wanted: WantedNames,
    *,
    format: str | None = None,
    encoding: str = "utf-8",
    member: str | None = None,
    quiet: bool = False,
) -> Events:
    """Read a file of any known format; see ``Interactions.from_file``."""
    if format is not None and format not in FORMATS:
        raise InvalidParameterError(f"format must be one of {', '.join(FORMATS)}; got {format!r}.")
    with opened(path, encoding=encoding, member=member) as source:
        found = _recognized(source, wanted, format)
    if not quiet:
        print(found.sentence(source), file=sys.stderr)
    if found.layout is not None:
        return read_delimited(path, found.names, found.layout, encoding=encoding, member=member)
    with opened(path, encoding=encoding, member=member) as source:
        if source.table:
            return read_table(source, found.names)
        if found.format == "json lines":
            return record_formats.read_json_lines(source, found.names)
        if found.format == "netflix":
            return record_formats.read_netflix(source)
        return record_formats.read_user_lines(source)


def _recognized(source: Source, wanted: WantedNames, format: str | None) -> Recognized:
    if source.table:
        return Recognized(source.table, wanted.among(source.path, columns_of_file(source)))
    lines = _sample(source)
    format = format or _format_of(lines)
    if format == "json lines":
        return Recognized(format, wanted.among(source.path, _keys(source, lines[0])))
    if format == "netflix":
        return Recognized(format, ColumnNames("user", "item", "value", "timestamp"))
    if format == "user lines":
        return Recognized(format, ColumnNames("user", "item"))
    if format == "inter":
        header = lines[0].split("\t")
        return Recognized(format, wanted.among(source.path, header), Layout("\t", None))
    return _delimited(source, wanted, lines)


def _sample(source: Source) -> list[str]:
    """Return the first lines of a text that are not blank."""
    block = next(blocks_of(source), None)
    lines = [] if block is None else [text for _, text in block.lines()][:_SAMPLE_LINES]
    if not lines:
        raise DataError(f"{source.path} holds no interactions: it is empty.")
    return lines


def _format_of(lines: list[str]) -> str:
    if lines[0].lstrip()[:1] in ("{", "["):
        return "json lines"
    if all(map(_INTER_FIELD.fullmatch, lines[0].split("\t"))):
        return "inter"
    if record_formats.NETFLIX_ITEM.fullmatch(lines[0]):
        return "netflix"
    return "user lines" if _are_user_lines(lines) else "delimited"


def _are_user_lines(lines: list[str]) -> bool:
    """Return true for lines of integers with blanks between, not all of them columns."""
    fields = [line.split() for line in lines]
    if not all(text.isascii() and text.isdigit() for line in fields for text in line):
        return False
    lengths = set(map(len, fields))
    return len(lengths) > 1 or lengths > {4}


def _keys(source: Source, line: str) -> list[str]:
    """Return the keys of a JSON object."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DataError.at(
            source.path, 1, "looks like JSON, but is no object; write one object on each line."
        )
    return list(found)


def _delimited(source: Source, wanted: WantedNames, lines: list[str]) -> Recognized:
    delimiter = _delimiter_of(lines)
    if delimiter is None:
        raise DataError.at(
            source.path,
            1,
            "no delimiter is found that parts the lines alike; name it with Interactions.from_csv.",
        )
    quote = '"' if delimiter in (",", ";", "|") else None
    rows = [_split(line, delimiter, quote) for line in lines]
    rows = [[field.strip() for field in row] for row in rows]
    header = rows[0] if _has_header(rows, wanted) else None
    data = rows if header is None else rows[1:]
    columns = None if header is not None else _names_by_place(source, data)
    decimal = "," if delimiter != "," and _has_decimal_commas(data) else "."
    names = wanted.among(source.path, header or columns or [])
    return Recognized("delimited text", names, Layout(delimiter, quote, decimal, columns))


def _split(line: str, delimiter: str, quote: str | None) -> list[str]:
    if quote is None:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, quotechar=quote, skipinitialspace=True))
    except csv.Error:  # a field that is too long, which reading refuses with its line
        return line.split(delimiter)


def _delimiter_of(lines: list[str]) -> str | None:
    """Return the delimiter that parts all lines into the same number of fields, two at least."""
    for delimiter in _DELIMITERS:
        quote = '"' if delimiter in (",", ";", "|") else None
        lengths = {len(_split(line, delimiter, quote)) for line in lines}
        if len(lengths) == 1 and min(lengths) > 1:
            return delimiter
    counts = {delimiter: lines[0].count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else None


def _has_header(rows: list[list[str]], wanted: WantedNames) -> bool:
    """Return true if the first row has names, or texts where the next one has numbers."""
    first, second = rows[0], rows[1] if len(rows) > 1 else []
    if set(first) & set(wanted):
        return True
    if any(number(field) is not None for field in first):
        return False
    return looks_like_header(first) or any(number(field) is not None for field in second)


def _names_by_place(source: Source, rows: list[list[str]]) -> list[str]:
    """Return the names of columns without a header: user, item, value, timestamp."""
    width = len(rows[0])
    if width == 2:
        return ["user", "item"]
    timed = all(_is_time(row[-1]) for row in rows)
    rated = all(number(row[-2 if timed else -1].replace(",", ".")) is not None for row in rows)
    if width == 3 and (timed or rated):
        return ["user", "item", "timestamp" if timed else "value"]
    if width == 4 and timed and rated:
        return ["user", "item", "value", "timestamp"]
    raise DataError.at(
        source.path,
        1,
        f"{width} fields without a header say nothing of what they hold; name them: "
        "Interactions.from_csv(…, columns=[…]).",
    )


def _is_time(text: str) -> bool:
    found = number(text)
    return microseconds(text) is not None if found is None else found > _EARLIEST_TIME


def _has_decimal_commas(rows: Sequence[Sequence[str]]) -> bool:
    """Return true if some fields are numbers only with a comma as their decimal point."""
    return any(
        "," in field and number(field, ",") is not None for row in rows[:50] for field in row
    )
