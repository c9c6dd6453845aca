"""The race: the same model on several backends, and other models beside it, on one split.

``run_race`` measures, ``table`` and ``plot`` show, ``RaceResult.to_dict`` is what JSON gets.
"""

from recsys_edu.race.contestants import DEFAULT_CONTESTANTS, Contestant, RaceSettings, contestants
from recsys_edu.race.results import RaceEntry, RaceResult
from recsys_edu.race.runner import run_race

__all__ = [
    "DEFAULT_CONTESTANTS",
    "Contestant",
    "RaceEntry",
    "RaceResult",
    "RaceSettings",
    "contestants",
    "run_race",
]
