"""Entries in the database: submitting, looking up, withdrawing and hiding them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tito.leaderboard.division import Division
from tito.leaderboard.entry import Entry
from tito.leaderboard.errors import LeaderboardError, StoreError
from tito.leaderboard.states import OUT, State
from tito.leaderboard.store.schema import entries, events, judgements, sources, tasks
from tito.leaderboard.store.store import Store


@dataclass(frozen=True)
class StoredEntry:
    """Entry with what has become of it."""

    id: int
    person: str
    division: str
    name: str
    language: str
    own_machine: bool
    """Judged on its author's machine: shown apart."""
    submitted_at: float
    state: State
    position: int
    """Number of tasks that are judged before it, and itself; 0 where it does not wait."""


def submit(
    store: Store, person: str, division: Division, entry: Entry, *, own_machine: bool = False
) -> int:
    """Add an entry and a task to judge it; return the entry's number.

    Args:
        store: the database.
        person: name of its author.
        division: division that it is for.
        entry: source.
        own_machine: the author's machine judges it.

    Raises:
        LeaderboardError: the division takes no entries in that language.
    """
    if entry.language not in division.languages:
        raise LeaderboardError(
            f"{division.name} takes entries in {', '.join(division.languages)}, and not in "
            f"{entry.language}."
        )
    with store.writing() as connection:
        now = store.now(connection)
        _add_source(connection, entry)
        row = {
            "person": person,
            "division": division.name,
            "name": entry.name,
            "digest": entry.digest,
            "own_machine": own_machine,
            "submitted_at": now,
        }
        number = _inserted(connection, entries, row)
        add_event(store, connection, number, State.QUEUED)
        connection.execute(sa.insert(tasks).values(entry_id=number, created_at=now))
    return number


def add_event(
    store: Store, connection: Connection, entry_id: int, state: State, sentence: str = ""
) -> None:
    """Add the state that an entry has entered."""
    row = {"entry_id": entry_id, "at": store.now(connection), "state": state, "sentence": sentence}
    connection.execute(sa.insert(events).values(**row))


def find_entry(store: Store, entry_id: int) -> StoredEntry:
    """Return an entry by its number; StoreError where there is none."""
    with store.reading() as connection:
        row = connection.execute(_listing().where(entries.c.id == entry_id)).one_or_none()
    if row is None:
        raise StoreError(f"there is no entry {entry_id}.")
    return _stored(row)


def entries_of(store: Store, person: str) -> list[StoredEntry]:
    """Return a person's entries, the newest first."""
    with store.reading() as connection:
        chosen = _listing().where(entries.c.person == person).order_by(entries.c.id.desc())
        return [_stored(row) for row in connection.execute(chosen)]


def source_of(store: Store, entry_id: int) -> Entry:
    """Return the source of an entry."""
    joined = sa.select(entries.c.name, sources.c.language, sources.c.source).join_from(
        entries, sources
    )
    with store.reading() as connection:
        row = connection.execute(joined.where(entries.c.id == entry_id)).one()
    return Entry(row.name, row.language, row.source)


def take_out(store: Store, entry_id: int, state: State, reason: str) -> None:
    """Withdraw or hide an entry: it stays in the database, and in no ranking.

    Args:
        store: the database.
        entry_id: number of the entry.
        state: one of ``states.OUT``.
        reason: a sentence, which is kept.

    Raises:
        LeaderboardError: it is out already.
    """
    found = find_entry(store, entry_id)
    if found.state in OUT:
        raise LeaderboardError(f"entry {entry_id} is {found.state} already.")
    with store.writing() as connection:
        add_event(store, connection, entry_id, state, reason)


def events_of(store: Store, entry_id: int) -> list[tuple[float, State, str]]:
    """Return the time, state and sentence of all that has become of an entry."""
    chosen = sa.select(events.c.at, events.c.state, events.c.sentence)
    with store.reading() as connection:
        rows = connection.execute(
            chosen.where(events.c.entry_id == entry_id).order_by(events.c.id)
        ).all()
    return [(row.at, State(row.state), row.sentence) for row in rows]


def last_state(entry_id: sa.ColumnElement[int] = entries.c.id) -> sa.ScalarSelect[Any]:
    """Return the state of an entry of the query around it: that of its last event."""
    chosen = sa.select(events.c.state).where(events.c.entry_id == entry_id)
    return chosen.order_by(events.c.id.desc()).limit(1).scalar_subquery()


def waits(task: sa.FromClause = tasks) -> sa.ColumnElement[bool]:
    """Return the condition that a task has no judgement, and that its entry is not out."""
    judged = sa.exists().where(judgements.c.task_id == task.c.id)
    return sa.and_(~judged, last_state(task.c.entry_id).not_in(OUT))


def _listing() -> sa.Select[Any]:
    own = tasks.alias()
    mine = sa.select(sa.func.min(own.c.id)).where(own.c.entry_id == entries.c.id, waits(own))
    first_of_mine = mine.correlate(entries).scalar_subquery()
    before = sa.select(sa.func.count(tasks.c.id)).where(waits(), tasks.c.id <= first_of_mine)
    return sa.select(
        entries,
        sources.c.language,
        last_state().label("state"),
        before.correlate(entries).scalar_subquery().label("position"),
    ).join_from(entries, sources)


def _stored(row: Row[Any]) -> StoredEntry:
    return StoredEntry(
        row.id,
        row.person,
        row.division,
        row.name,
        row.language,
        row.own_machine,
        row.submitted_at,
        State(row.state),
        row.position,
    )


def _add_source(connection: Connection, entry: Entry) -> None:
    row = {"digest": entry.digest, "language": entry.language, "source": entry.source}
    known = sa.select(sources.c.digest).where(sources.c.digest == entry.digest)
    if connection.execute(known).one_or_none() is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(sources).values(**row))
    except sa.exc.IntegrityError:  # the same source, at the same moment
        return


def _inserted(connection: Connection, table: sa.Table, row: dict[str, Any]) -> int:
    result = connection.execute(sa.insert(table).values(**row))
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])
