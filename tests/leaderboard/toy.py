"""A division that is judged in seconds, entries for it, and verdicts that were never reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tito.leaderboard.contract_check import CheckResult
from tito.leaderboard.division import Division, Rounds, find_division
from tito.leaderboard.entry import Entry
from tito.leaderboard.intervals import Estimate
from tito.leaderboard.states import State
from tito.leaderboard.store.entries import submit
from tito.leaderboard.store.queue import finish, take
from tito.leaderboard.store.store import Store
from tito.leaderboard.verdict import Verdict

QUICK = Rounds(calls=2, least=2, most=2, half_width=float("inf"))
SMALL = {"n_users": 300, "n_items": 400, "n_factors": 16, "n_per_user": 20, "k": 10, "n_blocks": 2}
HONEST = (Path(__file__).with_name("honest_top_k.py")).read_text(encoding="utf-8")


def quick(name: str = "top-k-1", size: dict[str, int] | None = None) -> Division:
    """A division with little data, two repeats, and no limit of the interval."""
    division = find_division(name)
    wanted = {key: (size or SMALL)[key] for key in division.size}
    return replace(division, size=wanted, rounds=QUICK)


def failed_clause(check: Callable[..., CheckResult], source: str, folder: Path) -> str:
    """The clause at which a check ends, with a message, for a module of this source."""
    folder.chmod(0o755)
    module = folder / "entry.py"
    module.write_text(source, encoding="utf-8")
    found = check(module)
    assert bool(found.message) == bool(found.failed), found
    return found.failed


def honest(suffix: str = "") -> Entry:
    return Entry("honest", "python", HONEST + suffix)


def verdict(score: float, half: float = 0.01, state: State = State.VERIFIED) -> Verdict:
    estimate = Estimate(score, score - half, score + half)
    pairs = tuple((score * (1 + n / 100), 1.0) for n in range(9))
    return Verdict(state, score=estimate, seconds=score, baseline_seconds=1.0, repeats=pairs)


def judged(
    store: Store, person: str, found: Verdict, name: str = "an entry", division: str = "top-k-1"
) -> int:
    """Submit an entry and keep a verdict on it; return its number."""
    rules = find_division(division)
    number = submit(store, person, rules, Entry(name, "python", f"# {person} {name}"))
    lease = take(store, "a judge")
    assert lease is not None
    assert lease.entry_id == number
    assert finish(store, lease, found, rules, seed=7)
    return number
