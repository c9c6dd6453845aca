"""Tables as CSV files: read as other programs write them, written without formulas."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tito.grading.course import GradingError

_SIGNS: Final = ("=", "+", "-", "@", "|", "\N{MINUS SIGN}")
_MAX_BYTES: Final = 50 << 20
_UTF_16: Final = (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"))
"""Encodings of Blackboard's tables, and the bytes with which they begin."""


@dataclass(frozen=True)
class Table:
    """The content of a CSV file."""

    header: list[str]
    rows: list[list[str]]
    """Rows, each as long as the header."""
    delimiter: str = ","
    mark: str = ""
    """Byte order mark at the beginning of the file, or empty."""
    encoding: str = "utf-8"
    """Encoding of the file, in which it is written again."""

    def column(self, name: str) -> int | None:
        """Return the index of a column by its name, ignoring case; None if there is none."""
        folded = [entry.strip().casefold() for entry in self.header]
        return folded.index(name.casefold()) if name.casefold() in folded else None

    def text(self) -> str:
        """Return the content of the file."""
        return self.mark + csv_text([self.header, *self.rows], self.delimiter)


def csv_text(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Write rows as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def read_table(path: Path) -> Table:
    """Read a CSV file with a header, whose columns are separated by commas, semicolons or tabs.

    Raises:
        GradingError: the file cannot be read, or has no header.
    """
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise GradingError(f"{path} is too large for a list of students.")
        encoding = next((name for name, start in _UTF_16 if data.startswith(start)), "utf-8")
        content = data.decode(encoding)
    except UnicodeDecodeError:
        raise GradingError(
            f"{path} is not UTF-8: give the file as exported, not as saved by a spreadsheet."
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
    return Table(padded[0], padded[1:], delimiter, mark, encoding)


def inert(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; some know full-width signs, too."""
    normal = unicodedata.normalize("NFKC", text)
    seen = "".join(x for x in normal if unicodedata.category(x) not in ("Cc", "Cf"))
    return f"'{text}" if seen.lstrip()[:1] in _SIGNS else text


def points_text(value: float | None) -> str:
    """Write points with at most two decimals; None becomes empty."""
    if value is None:
        return ""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def number_in(text: str) -> float | None:
    """Return the number in an entry, written with a point or a comma; None if it is no number."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def differs(said: str, points: float) -> bool:
    """Return True if the text of a table is a number, and differs from these points."""
    number = number_in(said)
    return number is not None and abs(number - points) >= 1e-9
