"""Run a race: time, then memory, then quality, for one contestant after another."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recsys_backends.wording import counted
from recsys_edu.benchmarking import NotMeasuredError
from recsys_edu.datasets import DEFAULT_DATASET, load_split
from recsys_edu.evaluation import evaluate
from recsys_edu.machine import describe_machine
from recsys_edu.models.training import EpochModel
from recsys_edu.race.contestants import Contestant, RaceSettings, require_each_once
from recsys_edu.race.curves import curve_of
from recsys_edu.race.launcher import Launcher, LocalLauncher
from recsys_edu.race.results import CURVE_METRIC, RaceEntry, RaceResult
from recsys_edu.splits import Split

METRICS: Final = ("recall@10", "ndcg@10", "coverage@10")


def run_race(
    racing: Sequence[Contestant],
    dataset: str = DEFAULT_DATASET,
    settings: RaceSettings | None = None,
    *,
    seeds: Sequence[int] = (0,),
    memory: bool = True,
    curves: bool = False,
    launcher: Launcher | None = None,
    report: Callable[[str], None] = lambda sentence: None,
) -> RaceResult:
    """Fit every contestant on the same split, in full, and measure what it costs and gives.

    A dataset that comes already split keeps its split (tuning part and training part together);
    any other is split at random, 80 to 20, by each seed. The seed is also the models'. Memory is
    measured in a pass of its own.

    Args:
        racing: see ``contestants`` and ``contestant_of``.
        dataset: a name that ``load_split`` knows.
        settings: settings that the contestants share.
        seeds: one race a seed; quality and time are averaged.
        memory: measure memory as well.
        curves: measure quality over training time as well, in a pass of its own.
        launcher: clock and memory; by default those of this machine.
        report: called with a sentence about what happens next.

    Raises:
        InvalidParameterError: no seeds, no contestants, or a setting that a model refuses.
        RecsysError: as ``load_split`` and ``fit``.
    """
    settings = settings or RaceSettings()
    _check(racing, settings, seeds)
    splits = {seed: load_split(dataset, seed=seed).fold_valid() for seed in seeds}
    race = _Race(splits, settings, launcher or LocalLauncher(), report)
    entries = [race.entry(contestant, curves) for contestant in racing]
    entries = [_against_naive(entry, entries) for entry in entries]
    unmeasured: list[str] = []
    if memory:
        peaks = [race.peak_memory(contestant, dataset, unmeasured) for contestant in racing]
        entries = [
            replace(entry, peak_memory_mb=peak) for entry, peak in zip(entries, peaks, strict=True)
        ]
    return race.result(dataset, entries, unmeasured)


def _check(racing: Sequence[Contestant], settings: RaceSettings, seeds: Sequence[int]) -> None:
    """Refuse what can be refused now, and not after an hour's run."""
    require_each_once("seed", seeds)
    require_each_once("contestant", [contestant.name for contestant in racing])
    for contestant in racing:
        for seed in seeds:
            contestant.make(settings, seed)


@dataclass(frozen=True, slots=True)
class _Race:
    """One race: data, settings and measuring instruments."""

    splits: dict[int, Split]
    """Split of each seed."""
    settings: RaceSettings
    launcher: Launcher
    report: Callable[[str], None]

    def entry(self, contestant: Contestant, curves: bool) -> RaceEntry:
        """Return time and quality of one contestant over all seeds."""
        fits = []
        values: dict[str, list[float]] = {name: [] for name in METRICS}
        for seed, split in self.splits.items():
            self.report(
                f"{contestant.name}, seed {seed}: fitting {counted(split.train.nnz, 'interaction')}"
            )
            fits.append(self.launcher.fit(contestant, self.settings, seed, split.train))
            with contestant.on_backend():
                found = evaluate(fits[-1].model, split, metrics=METRICS)
            for name in METRICS:
                values[name].append(found[name])
        models = [fit.model for fit in fits if isinstance(fit.model, EpochModel)]
        n_triples = sum(report.n_triples for model in models for report in model.history)
        seconds = [fit.seconds for fit in fits]
        return RaceEntry(
            name=contestant.name,
            model=contestant.model,
            backend=contestant.backend,
            fit_seconds=statistics.fmean(seconds),
            n_repeats=min(fit.n_repeats for fit in fits),
            triples_per_second=n_triples / sum(seconds) if n_triples else None,
            speedup_over_naive=None,
            peak_memory_mb=None,
            metrics={name: float(np.mean(value)) for name, value in values.items()},
            metrics_by_seed=values,
            curve=self._curve(contestant) if curves and models else [],
            learners_ops=contestant.learners_ops(),
            training_ops=list(contestant.training_ops),
        )

    def _curve(self, contestant: Contestant) -> list[tuple[float, float]]:
        seed, split = next(iter(self.splits.items()))
        self.report(f"{contestant.name}, seed {seed}: looking after each epoch")
        return curve_of(contestant, self.settings, seed, split, CURVE_METRIC)

    def peak_memory(
        self, contestant: Contestant, dataset: str, unmeasured: list[str]
    ) -> float | None:
        """Return the memory of one fit, or None, with a sentence in ``unmeasured``."""
        self.report(f"{contestant.name}: measuring memory in a process of its own")
        try:
            return self.launcher.peak_memory(contestant, dataset, self.settings)
        except NotMeasuredError as error:
            unmeasured.append(f"the memory of {contestant.name} was not measured: {error}")
            return None

    def result(self, dataset: str, entries: list[RaceEntry], unmeasured: list[str]) -> RaceResult:
        """Return the result of the whole race."""
        first = next(iter(self.splits.values()))
        return RaceResult(
            dataset=dataset,
            n_users=first.train.n_users,
            n_items=first.train.n_items,
            n_train=first.train.nnz,
            n_test=first.test.nnz,
            seeds=list(self.splits),
            settings=self.settings,
            machine=describe_machine(),
            entries=entries,
            left_out=unmeasured,
        )


def _against_naive(entry: RaceEntry, entries: Sequence[RaceEntry]) -> RaceEntry:
    """Return the entry with its speed-up, where the same model raced on naive as well."""
    for other in entries:
        if other.backend == "naive" and other.model == entry.model:
            return replace(entry, speedup_over_naive=other.fit_seconds / entry.fit_seconds)
    return entry
