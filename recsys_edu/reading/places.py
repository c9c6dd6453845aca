"""Places: where in a file each event stands, for the messages about it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path

from recsys_edu.errors import DataError
from recsys_edu.quoting import shown


class Places:
    """The line of each event of a file, kept block by block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts: list[int] = []
        self._lines: list[int | Sequence[int]] = []
        self.n_events = 0

    def add(self, n_events: int, lines: int | Sequence[int]) -> None:
        """Add events, which stand in lines that follow one another from the first, or in these."""
        self._starts.append(self.n_events)
        self._lines.append(lines)
        self.n_events += n_events

    def line_of(self, event: int) -> int:
        """Return the line of an event, counted from 1."""
        place = bisect_right(self._starts, event) - 1
        lines, offset = self._lines[place], event - self._starts[place]
        return lines + offset if isinstance(lines, int) else lines[offset]

    def where(self, event: int) -> str:
        """Return file and line of an event."""
        return f"{self._path}, line {self.line_of(event)}"

    def error(self, event: int, problem: str) -> DataError:
        """Return the error about something wrong with an event."""
        return DataError.at(self._path, self.line_of(event), problem)

    def errors_of_column(self, name: str) -> Callable[[int, str, str], DataError]:
        """Return a function of event, field and problem that makes the error about that field."""

        def about(event: int, field: str, problem: str) -> DataError:
            return self.error(event, f"{shown(field)} in column {shown(name)} {problem}")

        return about
