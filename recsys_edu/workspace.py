"""A learner's folder: where it starts, and where things are in it.

A workspace is a folder with a ``tito.toml``. The learner's notebooks are in ``notebooks/``; what
``tito export`` makes of them is the package ``my_recsys/``, which they may import like any other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.errors import WorkspaceError

MARKER: Final = "tito.toml"
ENVIRONMENT_VARIABLE: Final = "RECSYS_EDU_WORKSPACE"


@dataclass(frozen=True)
class Workspace:
    """A workspace by its root folder."""

    root: Path

    @property
    def notebooks(self) -> Path:
        """Folder that the learner edits: one ``NN_name.ipynb`` a lesson."""
        return self.root / "notebooks"

    @property
    def package(self) -> Path:
        """Folder of what the notebooks export: one ``name.py`` a lesson."""
        return self.root / "my_recsys"

    @property
    def state(self) -> Path:
        """Folder of what tito remembers: progress and backups."""
        return self.root / ".tito"


def find_workspace() -> Workspace:
    """The workspace in which this process works.

    That of ``RECSYS_EDU_WORKSPACE`` where it is set; else of the working folder or the nearest one
    above it; else of the running script.

    Raises:
        WorkspaceError: there is none.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        if not Path(named, MARKER).is_file():
            raise WorkspaceError(
                f"{ENVIRONMENT_VARIABLE} is {named!r}, where there is no {MARKER}."
            )
        return Workspace(Path(named).resolve())
    for start in _starting_points():
        for folder in (start, *start.parents):
            if (folder / MARKER).is_file():
                return Workspace(folder)
    raise WorkspaceError(
        f"there is no {MARKER} here or in a folder above: go to your workspace, or make one with "
        "`tito init`."
    )


def _starting_points() -> Iterator[Path]:
    with suppress(FileNotFoundError):  # somebody may have removed the folder under our feet
        yield Path.cwd()
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if script:
        yield Path(script).resolve().parent
