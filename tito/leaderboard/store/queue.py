"""Work of judges: tasks under leases, each judged once however many judges begin with it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from tito.leaderboard.division import Division
from tito.leaderboard.states import OUT, State
from tito.leaderboard.store.entries import add_event, last_state, waits
from tito.leaderboard.store.schema import entries, judgements, leases, tasks
from tito.leaderboard.store.store import Store
from tito.leaderboard.verdict import Verdict, circumstances

LEASE_SECONDS: Final = 60.0
"""Seconds after which a task without a heartbeat is another judge's."""


@dataclass(frozen=True)
class Lease:
    """Right to judge a task, until it expires or is given back."""

    task_id: int
    entry_id: int
    division: str
    replays: int | None
    """Number of the judgement that is repeated; None for a first one."""
    judge: str
    token: str
    taken_at: float
    n_taken: int
    """Number of times that the task has been taken, with this one."""


def take(
    store: Store, judge: str, *, entry_id: int | None = None, seconds: float = LEASE_SECONDS
) -> Lease | None:
    """Take the task that waits longest; None where none waits.

    Tasks whose judges have ended without a verdict come after those that were never taken, so that
    one entry cannot keep all others waiting.

    Args:
        store: the database.
        judge: name of who takes it.
        entry_id: take a task of this entry only.
        seconds: time without a heartbeat after which it may be taken by another.
    """
    while True:
        with store.writing() as connection:
            now = store.now(connection)
            row = connection.execute(_waiting(now, entry_id)).first()
            if row is None:
                return None
            token, n_taken = secrets.token_hex(16), (row.n_taken or 0) + 1
            mine = {"judge": judge, "token": token, "expires_at": now + seconds}
            if _take(connection, row.id, row.token, {**mine, "n_taken": n_taken}):
                fields = (row.entry_id, row.division, row.replays, judge, token, now, n_taken)
                return Lease(row.id, *fields)


def heartbeat(store: Store, lease: Lease, *, seconds: float = LEASE_SECONDS) -> bool:
    """Make a lease last longer; return False where another judge has the task by now."""
    with store.writing() as connection:
        later = {"expires_at": store.now(connection) + seconds}
        return connection.execute(_update(lease).values(**later)).rowcount == 1


def give_back(store: Store, lease: Lease, sentence: str, *, wait: float = 0.0) -> None:
    """Give a task back without a verdict: the entry is not to blame, and waits again.

    Of a replay only the task waits again: the entry has its judgement, and keeps its state.

    Args:
        store: the database.
        lease: right to the task.
        sentence: reason, which is kept.
        wait: seconds before it can be taken again.
    """
    with store.writing() as connection:
        until = {"expires_at": store.now(connection) + wait - 1e-6, "token": secrets.token_hex(16)}
        held = connection.execute(_update(lease).values(**until)).rowcount == 1
        if held and lease.replays is None:
            report(store, connection, lease.entry_id, State.QUEUED, sentence)


def report_state(store: Store, lease: Lease, state: State) -> None:
    """Add a state that an entry enters while it is judged.

    Nothing is added for a replay, which changes no state, nor where another judge has the task by
    now.
    """
    with store.writing() as connection:
        if _is_held(connection, lease) and lease.replays is None:
            report(store, connection, lease.entry_id, state)


def report(
    store: Store, connection: Connection, entry_id: int, state: State, sentence: str = ""
) -> None:
    """Add a state, unless the entry is out: then it stays so."""
    current = sa.select(last_state()).select_from(entries).where(entries.c.id == entry_id)
    if connection.execute(current).scalar_one() not in OUT:
        add_event(store, connection, entry_id, state, sentence)


def finish(store: Store, lease: Lease, verdict: Verdict, division: Division, seed: int) -> int:
    """Keep a verdict; return the judgement's number, or 0 where another judge has the task by now.

    Args:
        store: the database.
        lease: right to the task.
        verdict: outcome. A repeated judgement changes no state.
        division: rules under which it was reached.
        seed: secret that its data were drawn from.
    """
    try:
        with store.writing() as connection:
            if not _is_held(connection, lease):
                return 0
            row = {**_row(verdict), "seed": f"{seed:x}", "rules": division.rules}
            times = {"started_at": lease.taken_at, "finished_at": store.now(connection)}
            ids = {"task_id": lease.task_id, "entry_id": lease.entry_id, "judge": lease.judge}
            added = connection.execute(sa.insert(judgements).values(**row, **times, **ids))
            if lease.replays is None:
                report(store, connection, lease.entry_id, verdict.state, verdict.sentence)
            key = added.inserted_primary_key
            return int(key[0]) if key is not None else 0
    except IntegrityError:  # it has been judged
        return 0


def add_replay(store: Store, entry_id: int, judgement_id: int) -> None:
    """Add a task that repeats a judgement."""
    with store.writing() as connection:
        row = {"entry_id": entry_id, "replays": judgement_id, "created_at": store.now(connection)}
        connection.execute(sa.insert(tasks).values(**row))


def _waiting(now: float, entry_id: int | None) -> sa.Select[tuple[object, ...]]:
    n_taken = sa.func.coalesce(leases.c.n_taken, 0)
    chosen = (
        sa.select(
            tasks.c.id, tasks.c.entry_id, tasks.c.replays,
            leases.c.token, leases.c.n_taken, entries.c.division,
        )
        .join_from(tasks, entries)
        .outerjoin(leases, leases.c.task_id == tasks.c.id)
        .where(
            waits(),
            sa.or_(leases.c.expires_at.is_(None), leases.c.expires_at < now),
        )
        .order_by(n_taken, tasks.c.id)
        .limit(1)
    )  # fmt: skip
    return chosen if entry_id is None else chosen.where(tasks.c.entry_id == entry_id)


def _take(
    connection: Connection, task_id: int, token: str | None, values: dict[str, object]
) -> bool:
    """Take a task as it was seen; False where another judge was faster."""
    if token is not None:
        seen = (leases.c.task_id == task_id, leases.c.token == token)
        return connection.execute(sa.update(leases).where(*seen).values(**values)).rowcount == 1
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(leases).values(task_id=task_id, **values))
    except IntegrityError:
        return False
    return True


def _update(lease: Lease) -> sa.Update:
    own = (leases.c.task_id == lease.task_id, leases.c.token == lease.token)
    return sa.update(leases).where(*own)


def _is_held(connection: Connection, lease: Lease) -> bool:
    """Return True where a lease is its judge's still; it stays so until the transaction ends."""
    return connection.execute(_update(lease).values(judge=lease.judge)).rowcount == 1


def _row(verdict: Verdict) -> dict[str, object]:
    score = verdict.score
    return {
        "state": verdict.state,
        "clause": verdict.clause,
        "sentence": verdict.sentence,
        "score": score.value if score else None,
        "low": score.low if score else None,
        "high": score.high if score else None,
        "seconds": verdict.seconds,
        "baseline_seconds": verdict.baseline_seconds,
        "repeats": json.dumps(verdict.repeats),
        "log": "\n".join(verdict.log),
        "circumstances": json.dumps(circumstances()),
    }
