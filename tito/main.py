"""The entry point: find the command, run it, and turn errors into one sentence and a status."""

from __future__ import annotations

import sys
from typing import Final

import click

from recsys_edu._version import __version__
from tito.commands._lazy import LazyGroup

_COMMANDS: Final = {
    "backends": "list the backends and whether they work here",
    "checkpoint": "ask a lesson's question of what was exported",
    "complete": "test a lesson, export it, and ask its question",
    "completion": "have the shell complete commands and lessons",
    "datasets": "list the datasets",
    "dev": "write lessons: build them, and try them out",
    "doctor": "check what the course needs",
    "export": "write a notebook's functions to my_recsys/",
    "export-model": "export a saved model as ONNX",
    "feedback": "fetch what was said to what I handed in",
    "grade": "give a course: collect, grade, give marks",
    "init": "make a workspace for the course",
    "race": "race the backends and models on one split",
    "recommend": "recommend by an exported model",
    "reset": "start a lesson afresh, keeping a copy",
    "skip": "go on without a lesson",
    "start": "open a lesson",
    "status": "show where each lesson stands",
    "submit": "hand in a lesson",
    "test": "run a lesson's visible tests",
}
"""Name and help of each command; its code is in tito/commands, imported when it is called."""


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
    """Run the command line; errors made on purpose end in one sentence on stderr and status 1."""
    try:
        status = cli.main(standalone_mode=False)
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
    """Was the error raised on purpose? Asked only now, to keep imports off the fast path."""
    from recsys_edu.errors import RecsysError

    return isinstance(error, RecsysError)
