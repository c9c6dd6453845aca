"""Display of model answers beside a learner's: in columns on a wide terminal, else in turn."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

import click

from tito.workspace.answers_page import NOT_THERE

if TYPE_CHECKING:
    from tito.workspace.compared import Compared, ComparedCode, ComparedWords

_WIDE: Final = 140
"""Columns of a terminal from which on two pieces of code fit side by side."""
_TEXT: Final = 100
"""Columns that a paragraph has at most."""


def show_compared(compared: Compared) -> None:
    """Print code part by part, and then the questions with their mark schemes."""
    for pair in compared.code:
        _title(f"{pair.part.title} ({pair.part.points:g} points)")
        _show_code(pair)
    for words in compared.words:
        _show_words(words)


def _show_code(pair: ComparedCode) -> None:
    columns = (("Yours", pair.yours or NOT_THERE), ("Model", pair.model))
    if not sys.stdout.isatty():
        for name, code in columns:
            click.echo(f"{name}:\n{code}\n")
        return
    from rich.console import Console
    from rich.syntax import Syntax
    from rich.table import Table

    plain = bool(os.environ.get("NO_COLOR"))
    console = Console(highlight=False, color_system=None if plain else "auto")
    blocks = [
        (
            name,
            Syntax(code, "python", word_wrap=True, theme="ansi_dark", background_color="default"),
        )
        for name, code in columns
    ]
    if console.width >= _WIDE:
        table = Table(expand=True, box=None, padding=(0, 1))
        for name, _ in blocks:
            table.add_column(name, ratio=1)
        table.add_row(*(block for _, block in blocks))
        console.print(table)
    else:
        for name, block in blocks:
            console.print(f"[b]{name}[/b]")
            console.print(block)
    console.print()


def _show_words(words: ComparedWords) -> None:
    question = words.question
    given = "not marked yet" if words.points is None else f"you gave {words.points:g}"
    _title(f"question {question.name} ({question.points:g} points, {given})")
    for name, text in (
        ("", question.text),
        ("Yours:", words.yours or NOT_THERE),
        ("Model:", words.model.text),
        ("Mark scheme:", words.model.scheme),
    ):
        click.echo(f"{name}\n{wrapped(text)}\n" if name else f"{wrapped(text)}\n")


def _title(text: str) -> None:
    click.secho(f"{text[0].upper()}{text[1:]}", bold=True)


def wrapped(text: str) -> str:
    """Return paragraphs as wide as the terminal allows, at most 100 columns."""
    width = min(shutil.get_terminal_size().columns, _TEXT)
    return click.wrap_text(text, width=max(width, 20), preserve_paragraphs=True)
