"""Judgements as they were kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tito.leaderboard.errors import StoreError
from tito.leaderboard.intervals import Estimate
from tito.leaderboard.states import State
from tito.leaderboard.store.schema import judgements, tasks
from tito.leaderboard.store.store import Store


@dataclass(frozen=True)
class Judgement:
    """Verdict on an entry, and what it was reached with."""

    id: int
    entry_id: int
    state: State
    clause: str
    sentence: str
    score: Estimate | None
    seconds: float | None
    baseline_seconds: float | None
    repeats: tuple[tuple[float, float], ...]
    """Seconds of the entry and of the baseline, medians of each repeat."""
    seed: int
    rules: str
    circumstances: Mapping[str, str | int]
    log: str
    judge: str
    started_at: float
    finished_at: float
    replays: int | None
    """Number of the judgement that it repeats; None for a first one."""


def judgements_of(store: Store, entry_id: int) -> list[Judgement]:
    """Return the judgements of an entry, in their order."""
    with store.reading() as connection:
        rows = connection.execute(_chosen(entry_id)).all()
    return [_judgement(row) for row in rows]


def first_judgement(store: Store, entry_id: int) -> Judgement:
    """Return the judgement by which an entry has its place; StoreError where there is none."""
    for found in judgements_of(store, entry_id):
        if found.replays is None:
            return found
    raise StoreError(f"entry {entry_id} has not been judged yet.")


def _chosen(entry_id: int) -> sa.Select[Any]:
    joined = sa.select(judgements, tasks.c.replays).join_from(
        judgements, tasks, tasks.c.id == judgements.c.task_id
    )
    return joined.where(judgements.c.entry_id == entry_id).order_by(judgements.c.id)


def _judgement(row: Row[Any]) -> Judgement:
    score = None if row.score is None else Estimate(row.score, row.low, row.high)
    return Judgement(
        row.id, row.entry_id, State(row.state), row.clause, row.sentence, score, row.seconds,
        row.baseline_seconds, _pairs(row.repeats), int(row.seed, 16), row.rules,
        json.loads(row.circumstances), row.log, row.judge, row.started_at, row.finished_at,
        row.replays,
    )  # fmt: skip


def _pairs(text: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(entry), float(baseline)) for entry, baseline in json.loads(text))
