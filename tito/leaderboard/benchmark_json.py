"""A ranking as the JSON of pytest-benchmark, whose tools compare and plot it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from tito.leaderboard.division import Division
from tito.leaderboard.errors import LeaderboardError
from tito.leaderboard.store.judged import first_judgement
from tito.leaderboard.store.ranking import Place
from tito.leaderboard.store.store import Store

_FORMAT: Final = "5.0.0"
"""Version of pytest-benchmark whose files look so."""


def benchmark_json(store: Store, division: Division, places: Sequence[Place]) -> dict[str, Any]:
    """Return what ``pytest-benchmark compare`` reads: the entries' seconds, one for each repeat.

    Raises:
        LeaderboardError: the division ranks by quality.
    """
    if not division.kind.is_timed:
        raise LeaderboardError(
            f"{division.name} ranks by {division.kind.unit}, not by time: export it as CSV."
        )
    return {
        "machine_info": {},
        "commit_info": {},
        "benchmarks": [_benchmark(store, division, place) for place in places],
        "datetime": datetime.now(UTC).isoformat(),
        "version": _FORMAT,
    }


def _benchmark(store: Store, division: Division, place: Place) -> dict[str, Any]:
    seconds = [entry for entry, _ in first_judgement(store, place.entry_id).repeats]
    return {
        "group": division.name,
        "name": f"{division.name}[{place.name}]",
        "fullname": f"{division.name}[{place.name}]@{place.person}",
        "params": None,
        "param": None,
        "options": {},
        "extra_info": asdict(place),
        "stats": _stats(seconds),
    }


def _stats(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the statistics that pytest-benchmark knows, by its own definitions."""
    q1, median, q3 = statistics.quantiles(seconds, n=4)
    mean, stddev = statistics.mean(seconds), statistics.stdev(seconds)
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    within = [value for value in seconds if low <= value <= high]
    n_far = sum(not mean - stddev <= value <= mean + stddev for value in seconds)
    return {
        "min": min(seconds), "max": max(seconds), "mean": mean, "stddev": stddev,
        "rounds": len(seconds), "median": median, "iqr": q3 - q1, "q1": q1, "q3": q3,
        "iqr_outliers": len(seconds) - len(within), "stddev_outliers": n_far,
        "outliers": f"{n_far};{len(seconds) - len(within)}", "ld15iqr": min(within),
        "hd15iqr": max(within), "ops": 1 / mean, "total": sum(seconds), "data": list(seconds),
        "iterations": 1,
    }  # fmt: skip
