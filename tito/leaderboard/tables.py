"""Rankings and judgements as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from rich.table import Table

from tito.leaderboard.division import Division
from tito.leaderboard.intervals import Estimate
from tito.leaderboard.store.ranking import Place

_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets take for a formula."""


def moment(seconds: float) -> str:
    """Return a time as text, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def figure(score: Estimate) -> str:
    """Return a score with its interval."""
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def ranking_table(division: Division, places: Sequence[Place], title: str) -> Table:
    """Return a ranking for a terminal; equal ranks are a tie group."""
    table = Table(title=title, title_justify="left", caption=_caption(division))
    for column in ("rank", "person", "entry"):
        table.add_column(column, justify="right" if column == "rank" else "left")
    table.add_column(division.kind.unit, justify="right")
    for column in ("language", "seconds", "judged (UTC)", "id"):
        table.add_column(column, justify="right" if column in ("seconds", "id") else "left")
    for place in places:
        score = Estimate(place.score, place.low, place.high)
        table.add_row(
            str(place.rank), _escaped(place.person), _escaped(place.name), figure(score),
            place.language, f"{place.seconds:.4f}", moment(place.judged_at), str(place.entry_id),
        )  # fmt: skip
    return table


def ranking_json(division: Division, places: Sequence[Place]) -> dict[str, Any]:
    """Return a ranking as JSON can hold it."""
    return {
        "division": division.name,
        "rules": division.rules,
        "n_threads": division.n_threads,
        "places": [asdict(place) for place in places],
    }


def ranking_csv(division: Division, places: Sequence[Place]) -> str:
    """Return a ranking as CSV in which no cell is a formula."""
    names = list(Place.__dataclass_fields__)
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(["division", *names])
    for place in places:
        writer.writerow([division.name, *(_cell(getattr(place, name)) for name in names)])
    return output.getvalue()


def _caption(division: Division) -> str:
    threads = f"{division.n_threads} thread{'s' * (division.n_threads > 1)}"
    scale = (
        "Lower is faster; the baseline is 1, timed with every entry."
        if division.kind.is_timed
        else "Higher is better; the data are hidden, and the same for all entries."
    )
    return f"{division.title}; {threads}. {scale} Equal ranks: the intervals of 95 % overlap."


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value
