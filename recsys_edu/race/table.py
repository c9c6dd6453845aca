"""A race as a table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsys_backends.wording import counted
from recsys_edu.metrics import parse_metric
from recsys_edu.race.results import RaceEntry, RaceResult

if TYPE_CHECKING:
    from rich.table import Table


def race_table(result: RaceResult) -> Table:
    """Return a table with a row for each contestant, in the order in which they were named."""
    from rich.table import Table

    shown = Table(title=_title(result), title_justify="left", caption_justify="left")
    shown.caption = _caption(result)
    shown.add_column("contestant", no_wrap=True)
    shown.add_column("model", no_wrap=True)
    for heading in ("fit", "triples/s", "vs naive", "memory"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for name in result.entries[0].metrics:
        shown.add_column(parse_metric(name).label, justify="right", no_wrap=True)
    for entry in result.entries:
        shown.add_row(*_cells(entry))
    return shown


def _cells(entry: RaceEntry) -> list[str]:
    rate, speedup, memory = (
        entry.triples_per_second,
        entry.speedup_over_naive,
        entry.peak_memory_mb,
    )
    return [
        entry.name,
        entry.model,
        duration(entry.fit_seconds),
        "–" if rate is None else f"{rate:,.0f}",
        "–" if speedup is None else f"{speedup:,.1f} ×" if speedup < 10 else f"{speedup:,.0f} ×",
        "–" if memory is None else f"{memory:,.1f} MB",
        *(f"{value:.4f}" for value in entry.metrics.values()),
    ]


def duration(seconds: float) -> str:
    """Return seconds in a unit that suits them."""
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    if seconds < 1:
        return f"{1e3 * seconds:.1f} ms"
    return f"{seconds:.2f} s"


def _title(result: RaceResult) -> str:
    seeds = ", ".join(map(str, result.seeds))
    return (
        f"{result.dataset}: {counted(result.n_users, 'user')}, {counted(result.n_items, 'item')}, "
        f"{result.n_train:,} training and {counted(result.n_test, 'test interaction')}\n"
        f"{result.settings}, seed{'s' * (len(result.seeds) > 1)} {seeds}"
    )


def _caption(result: RaceResult) -> str:
    machine = result.machine
    lines = [sentence for sentence in map(learners_part, result.entries) if sentence]
    lines.append(
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {machine['python']}, NumPy {machine['numpy']}, PyTorch {machine['torch']}, "
        f"SIMD {machine['simd']}"
    )
    return "\n".join(lines)


def learners_part(entry: RaceEntry) -> str:
    """Return a sentence on which training ops are the learner's; empty where that is no question.

    >>> learners_part(entry)
    "student: bpr_update is yours, plan_epoch is naive's"
    """
    if entry.learners_ops is None:
        return ""
    others = [op for op in entry.training_ops if op not in entry.learners_ops]
    parts = [
        f"{' and '.join(ops)} {'are' if len(ops) > 1 else 'is'} {owner}"
        for ops, owner in ((entry.learners_ops, "yours"), (others, "naive's"))
        if ops
    ]
    return f"{entry.name}: {', '.join(parts)}"
