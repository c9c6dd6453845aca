"""A judge at work: it takes a task, keeps its lease alive, and keeps the verdict."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

from recsys_edu.errors import RecsysError
from tito.jail.availability import require_jail
from tito.judging.comparison import BaselineError
from tito.leaderboard.division import DivisionKind, find_division
from tito.leaderboard.errors import DivisionError
from tito.leaderboard.judge import Task, judge
from tito.leaderboard.store import queue
from tito.leaderboard.store.entries import source_of
from tito.leaderboard.store.hidden_draws import SECRET_BITS, hidden_seed
from tito.leaderboard.store.judged import judgements_of
from tito.leaderboard.store.queue import Lease
from tito.leaderboard.store.store import Store
from tito.leaderboard.verdict import Verdict

_BEATS: Final = 4
"""Heartbeats in the time of a lease."""
_PAUSE: Final = 30.0
"""Seconds before a task is taken again whose judging failed by no fault of the entry."""

Announce = Callable[[str], None]


class JudgingError(RecsysError, RuntimeError):
    """A judgement that could not be made by no fault of the entry, which waits again."""


def judge_name() -> str:
    """Return the name of this process as a judge."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def judge_one(
    store: Store,
    *,
    entry_id: int | None = None,
    jailed: bool = True,
    announce: Announce = lambda sentence: None,
    lease_seconds: float = queue.LEASE_SECONDS,
) -> tuple[Lease, Verdict] | None:
    """Judge the entry that waits longest, and keep the verdict; None where none waits.

    Args:
        store: the database.
        entry_id: judge this entry, and no other.
        jailed: judge in jails; otherwise the entry may do all that this process may.
        announce: called with a sentence for each state.
        lease_seconds: time without a heartbeat after which another judge takes over.

    Raises:
        JudgingError: the machine could not judge it; the entry waits again.
        JailUnavailableError: no jail can be had, and one is wanted.
    """
    if jailed:
        require_jail()
    lease = queue.take(store, judge_name(), entry_id=entry_id, seconds=lease_seconds)
    if lease is None:
        return None
    announce(f"entry {lease.entry_id} in {lease.division}")
    with _heartbeat(store, lease, lease_seconds):
        try:
            task = _task(store, lease, jailed=jailed)
            verdict = judge(task, lambda state: queue.report_state(store, lease, state))
        except (BaselineError, DivisionError, OSError, MemoryError) as error:
            queue.give_back(store, lease, f"the machine is at fault: {error}", wait=_PAUSE)
            raise JudgingError(f"entry {lease.entry_id} waits again: {error}") from error
    number = queue.finish(store, lease, verdict, task.division, task.seed)
    announce(
        f"entry {lease.entry_id}: {verdict.state}"
        if number
        else f"entry {lease.entry_id}: another judge has taken over; this verdict does not count"
    )
    return lease, verdict


def _task(store: Store, lease: Lease, *, jailed: bool) -> Task:
    division = find_division(lease.division)
    seed = secrets.randbits(SECRET_BITS)
    if division.kind is DivisionKind.OPEN:
        seed = hidden_seed(store, division)
    if lease.replays is not None:
        (repeated,) = (j for j in judgements_of(store, lease.entry_id) if j.id == lease.replays)
        seed = repeated.seed
    return Task(source_of(store, lease.entry_id), division, seed, jailed)


@contextlib.contextmanager
def _heartbeat(store: Store, lease: Lease, seconds: float) -> Iterator[None]:
    """Keep a lease alive while the block runs; a database that is away for a moment may be so."""
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(seconds / _BEATS):
            with contextlib.suppress(Exception):  # the next beat may reach it again
                if not queue.heartbeat(store, lease, seconds=seconds):
                    return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
