"""``tito status``: show the standing of each lesson."""

from __future__ import annotations

import click

from tito.commands._lessons import open_workspace

_COLOURS = {
    "passed": "green",
    "passed, changed since": "yellow",
    "failed": "red",
    "skipped": "magenta",
}


@click.command("status")
def command() -> None:
    """Show the standing of each lesson."""
    from tito.workspace.points import points_by
    from tito.workspace.standing import standings
    from tito.workspace.study import load_study

    workspace = open_workspace()
    rows = standings(workspace)
    width = max(len(row.lesson.id) for row in rows)
    study = load_study(workspace)
    head = f"{'notebook':<12} {'exported':<14} {'tests':>7} {'questions':>9}  checkpoint"
    click.echo(f"{'lesson':<{width}}  {head}")
    for row in rows:
        points = points_by(study.of(row.lesson.id), row.lesson)
        checkpoint = click.style(row.checkpoint, fg=_COLOURS.get(row.checkpoint))
        note = click.style(f" ({row.note})", fg="magenta") if row.note else ""
        click.echo(
            f"{row.lesson.id:<{width}}  {row.notebook:<12} {row.export:<14} "
            f"{points.by_tests:>7} {points.by_questions:>9}  {checkpoint}{note}"
        )
    passed = sum(row.checkpoint == "passed" for row in rows)
    click.echo(f"{passed} of {len(rows)} checkpoints passed.")
    following = next((row for row in rows if row.checkpoint not in ("passed", "skipped")), None)
    if following:
        click.echo(f"Next: `{_advice(following.lesson.number, following.notebook)}`.")


def _advice(number: int, notebook: str) -> str:
    return f"tito complete {number}" if notebook == "started" else f"tito start {number}"
