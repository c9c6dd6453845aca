"""Outcomes of jobs as JSON files, one per job, each under the digest of all that it depends on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from recsys_edu.atomic import atomic_path

R = TypeVar("R")
VERSION: Final = 1


@dataclass(frozen=True)
class OutcomeStore(Generic[R]):
    """A folder with one file per job. Workers write to it, so it has to be picklable.

    Args:
        folder: made when the first outcome is written.
        encode: turn an outcome into what JSON can hold.
        decode: the inverse; may raise KeyError, TypeError or ValueError, after which the outcome
            counts as missing.
    """

    folder: Path
    encode: Callable[[R], Any]
    decode: Callable[[Any], R]

    def path(self, name: str) -> Path:
        """Return the file of the job of that name."""
        return self.folder / f"{name}.json"

    def write(self, name: str, key: str, outcome: R, *, final: bool = True) -> None:
        """Keep an outcome. The file is replaced whole or not at all.

        Args:
            name: the job's name.
            key: digest of all that the outcome depends on.
            outcome: the result of the job.
            final: False for the outcome of a failure that may pass, so that the job runs again.
        """
        record = {"version": VERSION, "key": key, "final": final, "outcome": self.encode(outcome)}
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(self.path(name)) as unfinished:
            unfinished.write_text(json.dumps(record), encoding="utf-8")

    def find(self, name: str, key: str) -> R | None:
        """Return the final outcome that was kept under this key; None if the job has to run."""
        record = self._record(name)
        if record.get("key") != key or record.get("final") is not True:
            return None
        return self._decoded(record)

    def latest(self, name: str) -> R | None:
        """Return the outcome that was kept last, final or not; None if there is none."""
        return self._decoded(self._record(name))

    def _record(self, name: str) -> dict[str, Any]:
        """Read a job's file; a missing, damaged or differently versioned one is empty."""
        try:
            record = json.loads(self.path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        readable = isinstance(record, dict) and record.get("version") == VERSION
        return record if readable else {}

    def _decoded(self, record: dict[str, Any]) -> R | None:
        try:
            return self.decode(record["outcome"])
        except (KeyError, TypeError, ValueError):
            return None
