"""Files of a workspace's state with an entry for each lesson; replaced whole, never edited."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import Workspace
from tito.workspace.lock import writing

T = TypeVar("T")
_PATIENCE: Final = 10.0
"""Seconds to wait while another tito writes, which takes milliseconds."""


@dataclass(frozen=True)
class LessonFile(Generic[T]):
    """One such file; its entries are dataclasses.

    Args:
        name: the file's name in ``.tito``.
        entry: makes a lesson's entry of what JSON holds; may raise ValueError, KeyError, TypeError
            or AttributeError, which mean that the file is damaged.
        advice: sentences about what a damaged file costs, and what to do.
        version: version that is written.
        readable: versions that can be read.
    """

    name: str
    entry: Callable[[dict[str, Any]], T]
    advice: str
    version: int = 1
    readable: tuple[int, ...] = (1,)

    def read(self, workspace: Workspace) -> dict[str, T]:
        """Return the entries by the lesson's id, none where the file is not there.

        Raises:
            WorkspaceError: the file is damaged, or of another version of tito.
        """
        path = self._path(workspace)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["version"] in self.readable:
                return {name: self.entry(entry) for name, entry in content["lessons"].items()}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise WorkspaceError(f"{path} is damaged. {self.advice}") from None
        raise WorkspaceError(f"{path} is of another version of tito: update recsys_edu.")

    @contextmanager
    def changing(self, workspace: Workspace, *, locked: bool) -> Iterator[dict[str, T]]:
        """Run a block that changes the entries, which are written when the block ends well.

        Args:
            workspace: the workspace.
            locked: True if the caller holds the workspace's lock already.
        """
        with nullcontext() if locked else writing(workspace, _PATIENCE):
            entries = self.read(workspace)
            yield entries
            self._write(workspace, entries)

    def _write(self, workspace: Workspace, entries: Mapping[str, T]) -> None:
        lessons = {name: asdict(entry) for name, entry in entries.items()}  # type: ignore[call-overload]
        content = {"version": self.version, "lessons": lessons}
        with atomic_path(self._path(workspace)) as unfinished:
            unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def _path(self, workspace: Workspace) -> Path:
        return workspace.state / self.name
