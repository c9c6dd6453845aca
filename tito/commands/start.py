"""``tito start``: open a lesson."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from tito.commands._lessons import lesson_argument, open_workspace
from tito.commands._screen import in_kernel
from tito.commands._shell import shell_word
from tito.course.lessons import Lesson


@click.command("start")
@lesson_argument
@click.option(
    "--open/--no-open",
    "opens",
    default=None,
    help="Start JupyterLab, which holds the terminal until Ctrl-C. Without either, it is started "
    "in a terminal, and not by a script, an editor's terminal or a notebook's cell.",
)
def command(lesson: Lesson, opens: bool | None) -> None:
    """Put a lesson's notebook into the workspace, unless it is there already, and open it."""
    from tito.workspace.files import notebook_of, place_notebook
    from tito.workspace.glossary import place_glossary
    from tito.workspace.lock import writing
    from tito.workspace.standing import undone_before

    workspace = open_workspace()
    with writing(workspace):
        new = place_notebook(workspace, lesson)
        place_glossary(workspace)
    path = notebook_of(workspace, lesson)
    about = lesson.about()
    click.echo(f"Lesson {lesson.number:02}, {about.title}: {about.question}")
    click.echo(f"{'New' if new else 'Yours'}: {path}")
    for before in undone_before(workspace, lesson):
        click.echo(
            f"It assumes what lesson {before.number:02} teaches, whose checkpoint you have not "
            f"passed: `tito start {before.number}`. Its code needs none of yours."
        )
    if opens is None:
        opens = _is_a_terminal_without_an_editor()
        if not opens:
            click.echo(f"Open it in your editor, or with `jupyter lab {shell_word(path)}`.")
    if opens:
        sys.exit(_open(path))


def _is_a_terminal_without_an_editor() -> bool:
    """Return True if a person sits there whose program does not show notebooks itself."""
    in_an_editor = os.environ.get("TERM_PROGRAM") == "vscode" or "COLAB_RELEASE_TAG" in os.environ
    return sys.stdout.isatty() and not in_an_editor and not in_kernel()


def _open(path: Path) -> int:
    """Start JupyterLab, if it is installed, and return its exit status."""
    if find_spec("jupyterlab") is None:
        click.echo(
            "JupyterLab is not installed: open the notebook in VS Code or upload it to Colab, or "
            "run `pip install 'recsys_edu[course]'`."
        )
        return 0
    click.echo("Starting JupyterLab; Ctrl-C twice stops it.")
    return _jupyterlab(path)


def _jupyterlab(path: Path) -> int:
    start = [sys.executable, "-m", "jupyterlab"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        click.echo("You are root, so it gets --allow-root, without which it would refuse to start.")
        start.append("--allow-root")
    return subprocess.run([*start, str(path)], check=False).returncode
