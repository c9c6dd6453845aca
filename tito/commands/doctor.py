"""``tito doctor``: check the requirements of the course."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import click

from recsys_edu.errors import RecsysError
from tito.commands._lessons import show_line

_ENOUGH_SPACE = 200 * 2**20


class Finding(NamedTuple):
    """Result of one check."""

    ok: bool
    subject: str
    advice: str
    """Advice that helps; empty if nothing is wrong."""
    needed: bool = True


@click.command("doctor")
def command() -> None:
    """Check the requirements of the course, and say how to get missing ones."""
    findings = list(_findings())
    for finding in findings:
        show_line(finding.ok, finding.subject, "" if finding.ok else finding.advice)
    missing = [finding for finding in findings if finding.needed and not finding.ok]
    if missing:
        click.echo(f"Requirements that are missing: {len(missing)}.")
    else:
        click.echo("Ready for the course.")
    sys.exit(bool(missing))


def _findings() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), f"Python {python}", "install Python 3.11 or newer")
    for name, needed, extra in (
        ("nbclient", True, "course"),
        ("ipykernel", True, "course"),
        ("matplotlib", True, "course"),
        ("jupyterlab", False, "course"),
        ("torch", False, "torch"),
    ):
        yield _package(name, needed, extra)
    yield _kernel()
    yield _compiler()
    yield from _workspace()


def _package(name: str, needed: bool, extra: str) -> Finding:
    try:
        return Finding(True, f"{name} {version(name)}", "", needed)
    except PackageNotFoundError:
        advice = f"pip install 'recsys_edu[{extra}]'" + ("" if needed else "  (optional)")
        return Finding(False, f"{name} is not installed", advice, needed)


def _kernel() -> Finding:
    from recsys_backends import available_backends

    found = {info.name: info for info in available_backends()}["optimized"]
    subject = "the compiled kernels" if found.available else "the compiled kernels are missing"
    return Finding(found.available, subject, found.reason, needed=False)


def _compiler() -> Finding:
    """Look for what cells in Cython are built with; everything else can do without it."""
    from recsys_edu.artefacts.errors import BuildToolsError
    from recsys_edu.artefacts.toolchain import require_toolchain

    try:
        tools = require_toolchain()
    except BuildToolsError as error:
        return Finding(False, "cells in Cython cannot be built", str(error), needed=False)
    found = f"Cython {tools.cython} and a C compiler ({tools.compiler})"
    return Finding(True, found, "", needed=False)


def _workspace() -> Iterator[Finding]:
    from recsys_edu.workspace import find_workspace
    from tito.course.lessons import all_lessons
    from tito.workspace.progress import load_progress

    yield Finding(True, f"{len(all_lessons())} lessons", "")
    try:
        workspace = find_workspace()
        yield Finding(True, f"the workspace {workspace.root}", "")
        load_progress(workspace)
    except RecsysError as error:
        yield Finding(False, "the workspace", str(error))
        return
    free = shutil.disk_usage(workspace.root).free
    yield Finding(
        free > _ENOUGH_SPACE, f"{free / 2**30:.1f} GB free on its disk", "make room on the disk"
    )
