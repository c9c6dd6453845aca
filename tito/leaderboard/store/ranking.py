"""Ranking of a division: one query behind everything that shows places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tito.leaderboard.division import Division
from tito.leaderboard.states import OUT, State
from tito.leaderboard.store.entries import last_state
from tito.leaderboard.store.schema import entries, judgements, sources, tasks
from tito.leaderboard.store.store import Store


@dataclass(frozen=True)
class Place:
    """Place of a person in a ranking: their best entry."""

    rank: int
    """Place of the first entry of its tie group, counted from 1."""
    entry_id: int
    person: str
    name: str
    language: str
    score: float
    low: float
    high: float
    seconds: float
    baseline_seconds: float | None
    """None in divisions without a baseline."""
    judged_at: float


def ranking(store: Store, division: Division, state: State = State.VERIFIED) -> list[Place]:
    """Return the best entry of each person, in order, with tie groups.

    A tie group is its best entry and those after it whose interval overlaps that entry's; the first
    one whose interval does not begins the next group.

    Args:
        store: the database.
        division: division, whose current rules count: figures of other rules do not compare.
        state: VERIFIED, or LOCAL for entries that were judged on their authors' machines.
    """
    with store.reading() as connection:
        return [Place(*row) for row in connection.execute(ranking_query(division, state))]


def ranking_query(division: Division, state: State) -> sa.Select[Any]:
    """Return the query of ``ranking``."""
    best = _best(division, state)
    order = (_directed(division, best.c.score), best.c.entry_id)
    ordered = sa.select(best, sa.func.row_number().over(order_by=order).label("place"))
    placed = ordered.where(best.c.nth_of_person == 1).cte("placed")
    later = placed.alias("later")
    next_leader = (
        sa.select(sa.func.min(later.c.place))
        .where(later.c.place > placed.c.place, _is_apart(division, placed, later))
        .scalar_subquery()
    )
    following = sa.select(placed.c.place, next_leader.label("next_leader")).cte("following")
    leaders = sa.select(following).where(following.c.place == 1).cte("leaders", recursive=True)
    leaders = leaders.union_all(
        sa.select(following).join_from(
            leaders, following, following.c.place == leaders.c.next_leader
        )
    )
    leader = (
        sa.select(sa.func.max(leaders.c.place))
        .where(leaders.c.place <= placed.c.place)
        .scalar_subquery()
    )
    names = list(Place.__dataclass_fields__)[1:]
    columns = [placed.c[name] for name in names]
    return sa.select(leader.label("rank"), *columns).order_by(placed.c.place)


def _best(division: Division, state: State) -> sa.Subquery:
    """Return all judged entries of a division, with their place among their author's own."""
    nth = sa.func.row_number().over(
        partition_by=entries.c.person,
        order_by=(_directed(division, judgements.c.score), entries.c.id),
    )
    return (
        sa.select(
            entries.c.id.label("entry_id"), entries.c.person, entries.c.name, sources.c.language,
            judgements.c.score, judgements.c.low, judgements.c.high, judgements.c.seconds,
            judgements.c.baseline_seconds,
            judgements.c.finished_at.label("judged_at"), nth.label("nth_of_person"),
        )
        .join_from(judgements, entries, judgements.c.entry_id == entries.c.id)
        .join(sources)
        .join(tasks, tasks.c.id == judgements.c.task_id)
        .where(
            entries.c.division == division.name,
            judgements.c.rules == division.rules,
            judgements.c.state == state,
            judgements.c.score.is_not(None),
            tasks.c.replays.is_(None),
            last_state().not_in(OUT),
        )
        .subquery("best")
    )  # fmt: skip


def _directed(
    division: Division, score: sa.ColumnElement[Any]
) -> sa.ColumnElement[Any] | sa.UnaryExpression[Any]:
    """Return what sorts the best score first."""
    return score if division.kind.is_timed else score.desc()


def _is_apart(
    division: Division, leader: sa.FromClause, later: sa.FromClause
) -> sa.ColumnElement[bool]:
    """Return the condition that the interval of a later entry does not reach the leader's."""
    if division.kind.is_timed:
        return later.c.low > leader.c.high
    return later.c.high < leader.c.low
