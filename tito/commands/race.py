"""``tito race``: the same model on several backends, and others beside it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from recsys_edu.models.catalogue import model_names


def _numbers(ctx: click.Context, parameter: click.Parameter, text: str) -> tuple[int, ...]:
    """Read numbers with commas between them."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"give numbers with commas between them, such as 0,1,2; not {text!r}"
        ) from None


def _names(ctx: click.Context, parameter: click.Parameter, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if not names:
        raise click.BadParameter(f"give names with commas between them, not {text!r}")
    return names


@click.command("race")
@click.option("--dataset", default="synthetic-100k", show_default=True, help="See `tito datasets`.")
@click.option(
    "--models",
    callback=_names,
    metavar="A,B,…",
    help="Backends (BPR on each): naive, optimized, torch, student …; models: "
    f"{', '.join(name for name in model_names() if name != 'bpr')}, two-tower-in-batch, "
    "two-tower-softmax; and models on a backend: student-item-knn, student-als …  "
    "[default: those of the README's table that work here]",
)
@click.option("--epochs", default=10, show_default=True, help="Passes over the data.")
@click.option("--factors", default=16, show_default=True, help="Length of each vector.")
@click.option("--learning-rate", default=0.05, show_default=True, help="BPR's step size.")
@click.option("--reg", default=0.01, show_default=True, help="BPR's regularisation.")
@click.option("--threads", default=1, show_default=True, help="Threads a model; 0 for all cores.")
@click.option(
    "--blocks",
    type=int,
    metavar="N",
    help="Blocks of BPR's plans: 1 for the textbook's order, which a plan_epoch of your own may "
    "know alone.  [default: as many as suit the data]",
)
@click.option(
    "--seeds",
    default="0",
    show_default=True,
    callback=_numbers,
    metavar="N,N,…",
    help="Of splits and models.",
)
@click.option("--memory/--no-memory", default=True, show_default=True, help="Measure memory too.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the results.")
@click.option("--plot", "plot_path", type=click.Path(path_type=Path), help="Write a picture.")
def command(
    dataset: str,
    models: tuple[str, ...],
    epochs: int,
    factors: int,
    learning_rate: float,
    reg: float,
    threads: int,
    blocks: int | None,
    seeds: tuple[int, ...],
    memory: bool,
    json_path: Path | None,
    plot_path: Path | None,
) -> None:
    """Race BPR on several backends, and other models beside it, on one split.

    Every model is fitted in full and ranks the whole catalogue for every test user.
    """
    from rich.console import Console
    from rich.markup import escape

    from recsys_edu.race import DEFAULT_CONTESTANTS, RaceSettings, contestants, run_race
    from recsys_edu.race.plot import check_plot_path, plot_race
    from recsys_edu.race.table import race_table
    from tito.commands._screen import wide_console

    _check_paths(json_path, plot_path)
    if plot_path is not None:
        check_plot_path(plot_path)
    errors = Console(stderr=True)
    with errors.status("loading") as status:
        racing, left_out = contestants(models or DEFAULT_CONTESTANTS, skip_unavailable=not models)
        result = run_race(
            racing,
            dataset,
            RaceSettings(epochs, factors, learning_rate, reg, threads, blocks),
            seeds=seeds,
            memory=memory,
            curves=plot_path is not None,
            report=lambda sentence: status.update(escape(sentence)),
        )
    result.left_out[:0] = left_out
    for sentence in result.left_out:
        errors.print(sentence, style="yellow", highlight=False, markup=False)
    console = wide_console()
    console.print(race_table(result))
    if json_path is not None:
        _write(json_path, lambda: result.write_json(json_path))
    if plot_path is not None:
        _write(plot_path, lambda: plot_race(result, plot_path))


def _check_paths(*paths: Path | None) -> None:
    """Refuse what cannot be written before the race is run, not after."""
    from recsys_edu.atomic import check_replaceable

    named = [path for path in paths if path is not None]
    if len({os.path.realpath(path) for path in named}) < len(named):
        raise click.ClickException(f"--json and --plot both name {named[0]}.")
    for path in named:
        try:
            check_replaceable(path)
        except OSError as error:
            raise _not_writable(path, error) from None


def _not_writable(path: Path, error: OSError) -> click.ClickException:
    return click.ClickException(f"{path} cannot be written: {error.strerror or error}.")


def _write(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise _not_writable(path, error) from None
    click.echo(f"wrote {path}")
