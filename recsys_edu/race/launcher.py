"""Launchers: the clock and the scales of a race, which is told nothing but their readings."""

from __future__ import annotations

import statistics
from typing import Final, NamedTuple, Protocol

from recsys_edu.benchmarking import benchmark
from recsys_edu.errors import DivergedError
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Recommender
from recsys_edu.race.contestants import Contestant, RaceSettings
from recsys_edu.race.memory import peak_memory_of_fit, warm_up

_MAX_REPEATS: Final = 7
_ENOUGH_SECONDS: Final = 1.0


class TimedFit(NamedTuple):
    """A fitted model, and the time that it took."""

    model: Recommender
    seconds: float
    """Median wall-clock time of one fit."""
    n_repeats: int
    """Number of fits."""


class Launcher(Protocol):
    """Runs contestants and measures them."""

    def fit(
        self, contestant: Contestant, settings: RaceSettings, seed: int, train: Interactions
    ) -> TimedFit:
        """Fit a contestant in full and take the time."""
        ...

    def peak_memory(self, contestant: Contestant, dataset: str, settings: RaceSettings) -> float:
        """Return by how much memory grows while it fits, in 10⁶ bytes.

        Raises:
            NotMeasuredError: it cannot be measured; the message says why.
        """
        ...


class LocalLauncher:
    """Takes the time in this process and measures memory in another one.

    A fit that takes less than a second is repeated, and the median counts.
    """

    def fit(
        self, contestant: Contestant, settings: RaceSettings, seed: int, train: Interactions
    ) -> TimedFit:
        """Fit until the times add up to a second, or seven times."""
        warm_up(contestant, settings, seed, train)
        times: list[float] = []
        while True:
            model = contestant.make(settings, seed)
            try:
                with contestant.on_backend(), benchmark() as timed:
                    model.fit(train)
            except DivergedError as error:
                raise DivergedError(f"{contestant.name}: {error}") from error
            times.append(timed.time_ms / 1e3)
            if sum(times) >= _ENOUGH_SECONDS or len(times) == _MAX_REPEATS:
                return TimedFit(model, statistics.median(times), len(times))

    def peak_memory(self, contestant: Contestant, dataset: str, settings: RaceSettings) -> float:
        """Fit one epoch in a process of its own; see ``memory``."""
        return peak_memory_of_fit(contestant, dataset, settings)
