"""``tito backends``: list the backends."""

from __future__ import annotations

import click


@click.command("backends")
def command() -> None:
    """List the backends, and the reasons why some of them do not work here."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from recsys_backends import BackendError, available_backends, get_backend

    table = Table()
    for heading in ("backend", "works here", "ops or reason"):
        table.add_column(heading)
    current, problem = "", ""
    try:
        current = get_backend().name
    except BackendError as error:  # RECSYS_EDU_BACKEND names none, or one that does not load
        problem = str(error)
    for info in available_backends():
        name = f"{info.name} (in use)" if info.name == current else info.name
        about = ", ".join(info.ops) if info.available else info.reason
        table.add_row(escape(name), "yes" if info.available else "no", escape(about))
    Console().print(table)
    if problem:
        raise click.ClickException(problem)
