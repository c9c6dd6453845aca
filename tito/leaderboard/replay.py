"""Replay of a judgement: the same entry, data and rules once more, and their agreement."""

from __future__ import annotations

from dataclasses import dataclass

from tito.jail.availability import require_jail
from tito.leaderboard.division import find_division
from tito.leaderboard.errors import LeaderboardError
from tito.leaderboard.states import OUT, State
from tito.leaderboard.store.entries import find_entry
from tito.leaderboard.store.judged import Judgement, first_judgement, judgements_of
from tito.leaderboard.store.queue import add_replay
from tito.leaderboard.store.store import Store
from tito.leaderboard.worker import Announce, JudgingError, judge_one

_MEASURED = (State.VERIFIED, State.LOCAL, State.UNSTABLE)


@dataclass(frozen=True)
class Replay:
    """A judgement and its repetition."""

    first: Judgement
    again: Judgement

    @property
    def agrees(self) -> bool:
        """Both say the same: the same clause failed, or the intervals overlap."""
        first, again = self.first, self.again
        if first.state not in _MEASURED or again.state not in _MEASURED:
            return (first.state, first.clause) == (again.state, again.clause)
        if first.score is None or again.score is None:
            return False
        return first.score.low <= again.score.high and again.score.low <= first.score.high

    @property
    def same_machine(self) -> bool:
        """Machine and versions are the same."""
        return self.first.circumstances == self.again.circumstances


def replay(
    store: Store,
    entry_id: int,
    *,
    announce: Announce = lambda sentence: None,
) -> Replay:
    """Judge an entry once more, in jails and by the seeds of its judgement, and return both.

    Args:
        store: the database; the repetition is kept in it, and changes no place.
        entry_id: number of the entry.
        announce: called with a sentence for each state.

    Raises:
        LeaderboardError: it has no judgement, one by other rules than today's, or is out.
        JailUnavailableError: no jail can be had.
        JudgingError: the machine could not judge it.
    """
    first = first_judgement(store, entry_id)
    entry = find_entry(store, entry_id)
    if entry.state in OUT:
        raise LeaderboardError(f"entry {entry_id} is {entry.state}: it is not judged any more.")
    division = find_division(entry.division)
    if first.rules != division.rules:
        raise LeaderboardError(
            f"entry {entry_id} was judged by rules {first.rules}; those of {division.name} are "
            f"{division.rules} by now, so that a replay would be another judgement."
        )
    require_jail()
    add_replay(store, entry_id, first.id)
    if judge_one(store, entry_id=entry_id, announce=announce) is None:
        raise JudgingError(f"another judge is at work on entry {entry_id}: `tito leaderboard log`.")
    again = [j for j in judgements_of(store, entry_id) if j.replays == first.id]
    if not again:
        raise JudgingError(f"another judge has taken entry {entry_id} over.")
    return Replay(first, again[-1])
