"""Delimited text: CSV, TSV and their kin, one event a line.

Blocks without quotes, in which each line has all fields, are read by columns; all others line by
line. Both keep to the same rules.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from typing import Final, Literal, NamedTuple

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.reading.blocks import Block, blocks_of
from recsys_edu.reading.builder import Builder
from recsys_edu.reading.events import ColumnNames, Events
from recsys_edu.reading.fields import Fields
from recsys_edu.reading.header_check import refuse_header_as_data
from recsys_edu.reading.sources import Source, opened

_UNIT_SEPARATOR: Final = "\x1f"
"""Stands for a delimiter of several characters, or one that is not ASCII."""

Lines = Iterator[tuple[int, str]]


class Layout(NamedTuple):
    """Characters that part a file of delimited text, and the names of its columns."""

    delimiter: str = ","
    quotechar: str | None = '"'
    decimal: str = "."
    columns: Sequence[str] | None = None
    """Names of all columns; None where the first line has them."""


def layout_of(
    delimiter: str,
    quotechar: str | Literal["auto"] | None,
    decimal: str,
    columns: Sequence[str] | None,
) -> Layout:
    """Return a layout; ``quotechar="auto"`` is a double quote where the delimiter is , ; or |.

    Raises:
        InvalidParameterError: characters that cannot be what they are said to be.
    """
    if quotechar == "auto":
        quotechar = '"' if delimiter in (",", ";", "|") else None
    if not delimiter or set(delimiter) & {"\r", "\n", "\0", quotechar}:
        raise InvalidParameterError(
            f"delimiter must be characters of one line, without the quote; got {delimiter!r}."
        )
    if quotechar is not None and (len(quotechar) != 1 or quotechar in "\r\n\0 "):
        raise InvalidParameterError(
            f"quotechar must be a single character, or None for no quotes; got {quotechar!r}."
        )
    if decimal not in (".", ",") or decimal == delimiter:
        raise InvalidParameterError(
            f"decimal must be '.' or ',', and not the delimiter; got {decimal!r}."
        )
    if isinstance(columns, str):
        raise InvalidParameterError("columns must be a list of names, not one string.")
    return Layout(delimiter, quotechar, decimal, None if columns is None else list(columns))


def read_delimited(
    path: str | PathLike[str],
    names: ColumnNames,
    layout: Layout,
    *,
    encoding: str = "utf-8",
    member: str | None = None,
) -> Events:
    """Read a file of delimited text; see ``Interactions.from_csv``."""
    with opened(path, encoding=encoding, member=member) as source:
        if source.table:
            raise DataError(
                f"{source.path} is a {source.table} file; Interactions.from_file reads it."
            )
        return _Reader(source, layout).events(names)


class _Reader:
    """Reader of one file."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._path, self._layout = source.path, layout
        self._blocks = blocks_of(source)
        one = len(layout.delimiter) == 1 and layout.delimiter.isascii()
        self._mark = layout.delimiter if one else _UNIT_SEPARATOR
        self._blank = " \t".replace(self._mark, "")

    def events(self, names: ColumnNames) -> Events:
        header, rest = self._header()
        builder = Builder(self._path, header, names, self._layout.decimal)
        if rest is not None:
            self._add(builder, rest, len(header))
        while (block := self._next()) is not None:
            self._add(builder, block, len(header))
        events = builder.finished()
        if self._layout.columns is not None:
            refuse_header_as_data(events, names)
        return events

    def _next(self) -> Block | None:
        """Return the next block, with each delimiter as one character."""
        block = next(self._blocks, None)
        if block is None or self._mark == self._layout.delimiter:
            return block
        text = block.text
        if _UNIT_SEPARATOR in text:
            line = block.first_line + text.count("\n", 0, text.index(_UNIT_SEPARATOR))
            raise DataError.at(self._path, line, "holds the control character 0x1f.")
        text = text.replace(self._layout.delimiter, _UNIT_SEPARATOR)
        return Block(text, text.encode(), block.first_line)

    def _header(self) -> tuple[list[str], Block | None]:
        """Return the names of the columns, and the first block without the line that has them."""
        if self._layout.columns is not None:
            return list(self._layout.columns), None
        while (block := self._next()) is not None:
            for line, text in block.lines(self._blank):
                parsed = list(self._records(iter([(line, text)]), None, lambda: None))
                rest = block.text.split("\n", line - block.first_line + 1)[-1]
                after = Block(rest, rest.encode(), line + 1) if rest else None
                return [field.strip() for field in parsed[0][1]], after
        raise DataError(f"{self._path} holds no interactions: it is empty.")

    def _add(self, builder: Builder, block: Block, n_fields: int) -> None:
        quote = self._layout.quotechar
        if quote is None or quote not in block.text:
            fields = Fields.of(block.text, block.raw, self._mark, n_fields)
            if fields is not None:
                builder.add_fields(fields, block.first_line)
                return
        builder.add_records(self._records(block.lines(self._blank), n_fields, self._next))

    def _records(
        self, lines: Lines, n_fields: int | None, following: Callable[[], Block | None]
    ) -> Iterator[tuple[int, list[str]]]:
        """Yield the fields of each line; DataError where their number is another."""
        quoted = self._layout.quotechar is not None
        for line, fields in self._quoted(lines, following) if quoted else self._unquoted(lines):
            if n_fields is not None and len(fields) != n_fields:
                raise DataError.at(
                    self._path,
                    line,
                    f"{len(fields)} field(s) between {self._layout.delimiter!r} instead of "
                    f"{n_fields}.",
                )
            yield line, fields

    def _unquoted(self, lines: Lines) -> Iterator[tuple[int, list[str]]]:
        for line, text in lines:
            yield line, text.split(self._mark)

    def _quoted(
        self, lines: Lines, following: Callable[[], Block | None]
    ) -> Iterator[tuple[int, list[str]]]:
        feed = _Feed(lines, following, self._blank)
        reader = csv.reader(
            feed,
            delimiter=self._mark,
            quotechar=self._layout.quotechar,
            strict=True,
            skipinitialspace=self._mark != " ",
        )
        while feed.ahead is not None:
            line = feed.ahead[0]
            try:
                yield line, next(reader)
            except csv.Error as error:
                problem = f"not readable as CSV: {error}"
                if "limit" in str(error):
                    problem = (
                        "a field of more than 131,072 characters, mostly since a quote is open"
                    )
                raise DataError.at(
                    self._path, line, f"{problem}; quotechar=None reads quotes as any character."
                ) from None


class _Feed:
    """Lines for a CSV reader: those of a block, and of the next ones while a quote is open."""

    def __init__(self, lines: Lines, following: Callable[[], Block | None], blank: str) -> None:
        self._lines, self._following, self._blank = lines, following, blank
        self.ahead = next(lines, None)

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        while self.ahead is None:
            block = self._following()
            if block is None:
                raise StopIteration
            self._lines = block.lines(self._blank)
            self.ahead = next(self._lines, None)
        _, text = self.ahead
        self.ahead = next(self._lines, None)
        return text + "\n"
