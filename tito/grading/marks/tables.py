"""Tables of text: read as other programs write them, and written so that no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tito.grading.course import GradingError

_MAX_BYTES = 50 << 20


@dataclass(frozen=True)
class Table:
    """A CSV file, as it was."""

    header: list[str]
    rows: list[list[str]]
    """Each as long as the header."""
    delimiter: str = ","
    mark: str = ""
    """The byte order mark that it began with, if it did."""

    def column(self, name: str) -> int | None:
        """Where a column is, whatever its case; None where there is none."""
        folded = [entry.strip().casefold() for entry in self.header]
        return folded.index(name.casefold()) if name.casefold() in folded else None

    def text(self) -> str:
        """The table as a file's content."""
        return self.mark + written([self.header, *self.rows], self.delimiter)


def written(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def read_table(path: Path) -> Table:
    """A CSV file with a header, its columns separated by commas, semicolons or tabs.

    Raises:
        GradingError: it cannot be read, or has no header.
    """
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise GradingError(f"{path} is too large for a list of students.")
        content = data.decode("utf-8")
    except UnicodeDecodeError:
        raise GradingError(
            f"{path} is not UTF-8: give the file as it was exported, not as a spreadsheet saved it."
        ) from None
    except OSError as error:
        raise GradingError(f"{path} cannot be read: {error.strerror or error}.") from None
    mark = "\N{BYTE ORDER MARK}" if content.startswith("\N{BYTE ORDER MARK}") else ""
    content = content.removeprefix(mark)
    first = content.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise GradingError(f"{path} is not a table of comma-separated values: {error}.") from None
    rows = [row for row in rows if any(row)]
    if not rows:
        raise GradingError(f"{path} is empty.")
    width = len(rows[0])
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > width:
            raise GradingError(f"{path}: row {number} has more entries than the header.")
    padded = [row + [""] * (width - len(row)) for row in rows]
    return Table(padded[0], padded[1:], delimiter, mark)


def neutral(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "|") and text.strip() else text


def number(value: float | None) -> str:
    """Points with two digits at most; empty where there are none."""
    if value is None:
        return ""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def is_other(said: str, points: float) -> bool:
    """Whether a table names other points; what is no number names none."""
    try:
        return abs(float(said.replace(",", ".")) - points) >= 1e-9
    except ValueError:
        return False
