"""``tito backend new``: a package that keeps the contract from the start."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from tito.commands._shell import shell_word
from tito.engine_kit.create import LANGUAGES, Language, create_package


@click.command("new")
@click.argument("name")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="cython",
    show_default=True,
    help="Language of the kernel.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="Folder to put the package's folder into.  [default: this one]",
)
def command(name: str, language: str, folder: Path) -> None:
    """Write a package for the backend NAME: a kernel, tests by the contract, a benchmark."""
    package = create_package(name, cast(Language, language), folder)
    click.echo(f"{package} is written. Next:")
    click.echo(f"  cd {shell_word(package)}")
    click.echo("  pip install -e '.[test]'")
    click.echo(f"  tito backend check {name}")
    click.echo("  pytest")
