"""Run a race: time, then memory, then quality, for one contestant after another."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from recsys_edu.benchmarking import NotMeasuredError, benchmark
from recsys_edu.datasets import DEFAULT_DATASET, load_split
from recsys_edu.errors import DivergedError, InvalidParameterError
from recsys_edu.evaluation import evaluate
from recsys_edu.machine import describe_machine
from recsys_edu.models.base import Recommender
from recsys_edu.models.training import EpochModel
from recsys_edu.race.contestants import DEFAULT_CONTESTANTS, Contestant, RaceSettings, contestants
from recsys_edu.race.curves import curve_of
from recsys_edu.race.memory import peak_memory_of_fit, warm_up
from recsys_edu.race.results import CURVE_METRIC, RaceEntry, RaceResult
from recsys_edu.splits import Split

METRICS: Final = ("recall@10", "ndcg@10", "coverage@10")
_MAX_REPEATS: Final = 7
_ENOUGH_SECONDS: Final = 1.0


def run_race(
    dataset: str = DEFAULT_DATASET,
    names: Sequence[str] = DEFAULT_CONTESTANTS,
    settings: RaceSettings | None = None,
    *,
    seeds: Sequence[int] = (0,),
    memory: bool = True,
    curves: bool = False,
    skip_unavailable: bool = False,
    tell: Callable[[str], None] = lambda sentence: None,
) -> RaceResult:
    """Fit every contestant on the same split, in full, and measure what it costs and gives.

    A dataset that comes already split keeps its split (tuning part and training part together);
    any other is split at random, 80 to 20, by each seed. The seed is also the models'. A fit that
    takes less than a second is repeated, and the median counts. Memory is measured in a pass of its
    own, in another process.

    Args:
        dataset: a name that ``load_split`` knows.
        names: see ``contestants``.
        settings: what the contestants have in common.
        seeds: one race a seed; quality and time are averaged.
        memory: measure memory as well.
        curves: measure quality over training time as well, in a pass of its own.
        skip_unavailable: leave out contestants that cannot run here, and say so in the result.
        tell: called with a sentence about what happens next.

    Raises:
        InvalidParameterError: no seeds, or a setting that a model refuses.
        BackendError, RecsysError: as ``contestants``, ``load_split`` and ``fit``.
    """
    settings = settings or RaceSettings()
    if not seeds or len(set(seeds)) < len(seeds):
        raise InvalidParameterError(
            f"name each seed once, not {', '.join(map(str, seeds)) or 'none'}"
        )
    racing, left_out = contestants(names, skip_unavailable=skip_unavailable)
    for contestant in racing:
        for seed in seeds:
            contestant.make(settings, seed)  # so that it is refused now, not after an hour's run
    splits = {seed: load_split(dataset, seed=seed).fold_valid() for seed in seeds}
    entries = [_run(contestant, splits, settings, curves, tell) for contestant in racing]
    entries = [_against_naive(entry, entries) for entry in entries]
    if memory:
        for place, contestant in enumerate(racing):
            tell(f"{contestant.name}: measuring memory in a process of its own")
            try:
                peak = peak_memory_of_fit(contestant, dataset, settings)
            except NotMeasuredError as error:
                left_out.append(f"the memory of {contestant.name} was not measured: {error}")
                continue
            entries[place] = replace(entries[place], peak_memory_mb=peak)
    first = splits[seeds[0]]
    return RaceResult(
        dataset=dataset,
        n_users=first.train.n_users,
        n_items=first.train.n_items,
        n_train=first.train.nnz,
        n_test=first.test.nnz,
        seeds=list(seeds),
        settings=settings,
        machine=describe_machine(),
        entries=entries,
        left_out=left_out,
    )


def _run(
    contestant: Contestant,
    splits: dict[int, Split],
    settings: RaceSettings,
    curves: bool,
    tell: Callable[[str], None],
) -> RaceEntry:
    """Time and quality of one contestant over all seeds."""
    times, n_repeats = [], _MAX_REPEATS
    values: dict[str, list[float]] = {name: [] for name in METRICS}
    n_triples = 0
    for seed, split in splits.items():
        tell(f"{contestant.name}, seed {seed}: fitting {split.train.nnz:,} interactions")
        model, seconds, repeats = _fit(contestant, settings, seed, split)
        times.append(seconds)
        n_repeats = min(n_repeats, repeats)
        if isinstance(model, EpochModel):
            n_triples += sum(report.n_triples for report in model.history)
        with contestant.on_backend():
            found = evaluate(model, split, metrics=METRICS)
        for name in METRICS:
            values[name].append(found[name])
    curve: list[tuple[float, float]] = []
    if curves and isinstance(model, EpochModel):
        seed, split = next(iter(splits.items()))
        tell(f"{contestant.name}, seed {seed}: looking after each epoch")
        curve = curve_of(contestant, settings, seed, split, CURVE_METRIC)
    return RaceEntry(
        name=contestant.name,
        model=contestant.model,
        backend=contestant.backend,
        fit_seconds=statistics.fmean(times),
        n_repeats=n_repeats,
        triples_per_second=n_triples / sum(times) if n_triples else None,
        speedup_over_naive=None,
        peak_memory_mb=None,
        metrics={name: float(np.mean(value)) for name, value in values.items()},
        metrics_by_seed=values,
        curve=curve,
    )


def _fit(
    contestant: Contestant, settings: RaceSettings, seed: int, split: Split
) -> tuple[Recommender, float, int]:
    """The fitted model, the median time of a fit in seconds, and of how many fits."""
    warm_up(contestant, settings, seed, split.train)
    times: list[float] = []
    while True:
        model = contestant.make(settings, seed)
        try:
            with contestant.on_backend(), benchmark() as timed:
                model.fit(split.train)
        except DivergedError as error:
            raise DivergedError(f"{contestant.name}: {error}") from error
        times.append(timed.time_ms / 1e3)
        if sum(times) >= _ENOUGH_SECONDS or len(times) == _MAX_REPEATS:
            return model, statistics.median(times), len(times)


def _against_naive(entry: RaceEntry, entries: Sequence[RaceEntry]) -> RaceEntry:
    """The entry with its speed-up; only BPR against BPR, where naive raced as well."""
    naive = next((other for other in entries if other.name == "naive"), None)
    if naive is None or entry.model != naive.model:
        return entry
    return replace(entry, speedup_over_naive=naive.fit_seconds / entry.fit_seconds)
