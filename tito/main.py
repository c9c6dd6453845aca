"""Entry point: run a command, and turn its errors into one sentence and a status."""

from __future__ import annotations

import sys
from typing import Final

import click

from recsys_edu._version import __version__
from tito.commands._lazy import LazyGroup
from tito.commands._screen import make_plain

_COMMANDS: Final = {
    "answers": "show a lesson's model answers beside yours",
    "backend": "write a compute backend, and check it",
    "backends": "list the backends, and which of them work here",
    "checkpoint": "judge the functions that a lesson exports",
    "complete": "test, export and judge a lesson",
    "completion": "complete commands and lessons in the shell",
    "datasets": "list the datasets",
    "dev": "write lessons: build and try them",
    "doctor": "check the requirements of the course",
    "export": "write a notebook's functions to my_recsys/",
    "export-model": "export a saved model as ONNX",
    "feedback": "fetch the feedback on a lesson",
    "grade": "give a course: collect, grade, export marks",
    "hint": "give the next hint for a part of a lesson",
    "init": "make a workspace for the course",
    "leaderboard": "compete: submit, judge and rank entries",
    "race": "race backends and models on one split",
    "recommend": "recommend items by an exported model",
    "reset": "put back a lesson's notebook, keeping a copy",
    "skip": "go on without a lesson",
    "start": "open a lesson",
    "status": "show the standing of each lesson",
    "submit": "hand in a lesson",
    "test": "run a lesson's visible tests",
    "upgrade": "bring the workspace to the installed version of the course",
}
"""Line of help of each command, by its name. The module in tito/commands is imported on use."""


@click.group(
    cls=LazyGroup,
    package="tito.commands",
    summaries=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="tito")
def cli() -> None:
    """Learn recommender systems, and the performance engineering beneath them."""


def main() -> None:
    """Run the command line. Errors raised on purpose become one sentence on stderr and status 1."""
    try:
        status = cli.main(
            prog_name="tito", standalone_mode=False, color=False if make_plain() else None
        )
    except click.UsageError as error:
        error.show()
        status = error.exit_code
    except click.ClickException as error:
        status = _say(error.message, error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo(err=True)  # the terminal has just shown ^C
        status = _say("interrupted.", 130)
    except MemoryError as error:
        status = _say(f"there is not enough memory. {error}")
    except Exception as error:
        if _is_ours(error):
            status = _say(str(error))
        elif isinstance(error, OSError):
            status = _say(f"{error.filename or 'a file'}: {error.strerror or error}")
        else:
            raise
    sys.exit(status)


def _say(sentence: str, status: int = 1) -> int:
    click.echo(f"tito: {sentence.strip()}", err=True)
    return status


def _is_ours(error: Exception) -> bool:
    """Return True if the error was raised on purpose; imported late, to keep start-up fast."""
    from recsys_edu.errors import RecsysError

    return isinstance(error, RecsysError)
