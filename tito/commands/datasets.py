"""``tito datasets``: list the datasets."""

from __future__ import annotations

import click


@click.command("datasets")
def command() -> None:
    """List the datasets that can be loaded by name."""
    from recsys_edu.datasets import list_datasets

    described = list_datasets()
    width = max(map(len, described))
    for name, description in described.items():
        click.echo(f"{name:<{width}}  {description}")
