"""``tito start``: open a lesson."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from tito.commands._lessons import lesson_argument, open_workspace
from tito.course.lessons import Lesson


@click.command("start")
@lesson_argument
@click.option(
    "--open/--no-open", "opens", default=True, help="Start JupyterLab, if it is installed."
)
def command(lesson: Lesson, opens: bool) -> None:
    """Put a lesson's notebook into the workspace, unless it is there already, and open it."""
    from tito.workspace.files import notebook_of, place_notebook
    from tito.workspace.glossary import place_glossary
    from tito.workspace.lock import writing

    workspace = open_workspace()
    with writing(workspace):
        new = place_notebook(workspace, lesson)
        place_glossary(workspace)
    path = notebook_of(workspace, lesson)
    about = lesson.about()
    click.echo(f"Lesson {lesson.number:02}, {about.title}: {about.question}")
    click.echo(f"{'New' if new else 'Yours'}: {path}")
    if not opens or _inside_an_editor():
        return
    if find_spec("jupyterlab") is None:
        click.echo(
            "JupyterLab is not installed: open the notebook in VS Code or upload it to Colab, or "
            "run `pip install 'recsys_edu[course]'`."
        )
        return
    click.echo("Starting JupyterLab; Ctrl-C twice stops it.")
    sys.exit(_jupyterlab(path))


def _inside_an_editor() -> bool:
    """Return True if this terminal belongs to a program that shows notebooks itself."""
    return os.environ.get("TERM_PROGRAM") == "vscode" or "COLAB_RELEASE_TAG" in os.environ


def _jupyterlab(path: Path) -> int:
    start = [sys.executable, "-m", "jupyterlab"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        click.echo("You are root, so it gets --allow-root, without which it would refuse to start.")
        start.append("--allow-root")
    return subprocess.run([*start, str(path)], check=False).returncode
