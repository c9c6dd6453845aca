"""``tito status``: show the standing of each lesson."""

from __future__ import annotations

import click

_COLOURS = {
    "passed": "green",
    "passed, changed since": "yellow",
    "failed": "red",
    "skipped": "magenta",
}


@click.command("status")
def command() -> None:
    """Show the standing of each lesson."""
    from recsys_edu.workspace import find_workspace
    from tito.workspace.standing import standings

    workspace = find_workspace()
    rows = standings(workspace)
    width = max(len(row.lesson.id) for row in rows)
    click.echo(f"{'lesson':<{width}}  {'notebook':<12} {'exported':<14} checkpoint")
    for row in rows:
        checkpoint = click.style(row.checkpoint, fg=_COLOURS.get(row.checkpoint))
        note = click.style(f" ({row.note})", fg="magenta") if row.note else ""
        click.echo(
            f"{row.lesson.id:<{width}}  {row.notebook:<12} {row.export:<14} {checkpoint}{note}"
        )
    passed = sum(row.checkpoint == "passed" for row in rows)
    click.echo(f"{passed} of {len(rows)} checkpoints passed.")
    following = next((row for row in rows if row.checkpoint not in ("passed", "skipped")), None)
    if following:
        click.echo(f"Next: `{_advice(following.lesson.number, following.notebook)}`.")


def _advice(number: int, notebook: str) -> str:
    return f"tito complete {number}" if notebook == "started" else f"tito start {number}"
