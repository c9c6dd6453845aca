"""Picture of a race, quality over training time. matplotlib is imported only here."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any, Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import InvalidParameterError, MissingDependencyError
from recsys_edu.metrics import parse_metric
from recsys_edu.race.results import CURVE_METRIC, RaceEntry, RaceResult

_FORMATS: Final = (".png", ".svg", ".pdf")
_MARKERS: Final = "osvDP*Xp"
_COLORS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")


def check_plot_path(path: Path) -> None:
    """Check a plot's path, and this installation, before the race is run."""
    if path.suffix.lower() not in _FORMATS:
        raise InvalidParameterError(
            f"a plot is written as {', '.join(_FORMATS)}, by its name's end, not {path.name!r}."
        )
    _import_matplotlib()


def plot_race(result: RaceResult, path: Path, *, metric: str = "ndcg@10") -> None:
    """Write a picture of quality over training time (logarithmic).

    A contestant is a marker at the end of its fit; a line leads there, epoch by epoch, where the
    race has measured it (and not always quite: it was another fit).

    Raises:
        InvalidParameterError: not a kind of picture that can be written.
        MissingDependencyError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    check_plot_path(path)
    matplotlib = _import_matplotlib()
    figure = matplotlib.figure.Figure(
        figsize=(9.5, max(5.0, 0.6 * len(result.entries))), layout="constrained"
    )
    axes = figure.subplots()
    models = dict.fromkeys(entry.model for entry in result.entries)
    marker_of = dict(zip(models, cycle(_MARKERS)))
    for entry, color in zip(result.entries, _COLORS * len(result.entries), strict=False):
        axes.plot(
            entry.fit_seconds,
            entry.metrics[metric],
            marker_of[entry.model],
            color=color,
            markersize=12,
            label=_label(entry),
        )
        if entry.curve and metric == CURVE_METRIC:
            axes.plot(*zip(*entry.curve, strict=True), "-", color=color, alpha=0.6)
    axes.set_xscale("log")
    axes.set_xlabel("training time, seconds (logarithmic): further left is faster")
    axes.set_ylabel(f"{parse_metric(metric).label}: higher is better")
    best = max(entry.metrics[metric] for entry in result.entries)
    axes.set_ylim(bottom=0.0, top=1.25 * best or 1.0)
    axes.margins(x=0.1)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, labelspacing=1.0)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.set_title(f"{result.dataset}: {result.settings}", loc="left")
    with atomic_path(path) as unfinished:
        figure.savefig(unfinished, dpi=150)


def _label(entry: RaceEntry) -> str:
    """Return name, model and speed-up over naive."""
    label = entry.name if entry.backend is None else f"{entry.name} ({entry.model})"
    if entry.speedup_over_naive is not None and entry.name != "naive":
        label += f"\n{entry.speedup_over_naive:,.0f} × as fast as naive"
    return label


def _import_matplotlib() -> Any:
    try:
        import matplotlib.figure
    except ImportError as error:
        raise MissingDependencyError.for_extra("matplotlib", "plot") from error
    return matplotlib
