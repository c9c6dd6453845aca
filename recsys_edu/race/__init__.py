"""The race: the same model on several backends, and other models beside it, on one split.

``run_race`` measures contestants by a launcher, ``table`` and ``plot`` show the result, and
``RaceResult.to_dict`` is what JSON gets.
"""

from recsys_edu.race.contestants import (
    DEFAULT_CONTESTANTS,
    Contestant,
    RaceSettings,
    contestant_of,
    contestants,
)
from recsys_edu.race.launcher import Launcher, LocalLauncher, TimedFit
from recsys_edu.race.results import RaceEntry, RaceResult
from recsys_edu.race.runner import run_race

__all__ = [
    "DEFAULT_CONTESTANTS",
    "Contestant",
    "Launcher",
    "LocalLauncher",
    "RaceEntry",
    "RaceResult",
    "RaceSettings",
    "TimedFit",
    "contestant_of",
    "contestants",
    "run_race",
]
