"""The backend ``student``: what the learner has exported, and naive for what is still missing.

``recsys_backends`` finds it through its entry point. Each op call looks whether ``my_recsys`` has
been exported anew, so a notebook that stays open uses what was written last.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np

from recsys_backends.plan import SAMPLERS
from recsys_backends.protocol import OPS, Order
from recsys_edu.errors import StudentCodeError
from recsys_edu.exported import Exported, last_place
from recsys_edu.workspace import find_workspace


class StudentBackend:
    """Every op: the learner's where it is written, naive's where it is not.

    Args:
        package: the folder with the exported files, one a lesson.
    """

    name: Final = "student"
    order: Final[Order] = "sequential"
    samplers: Final = SAMPLERS

    def __init__(self, package: Path) -> None:
        self._package = package
        self._files: dict[Path, Exported] = {}
        self._said: set[str] = set()
        self._announced = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return functools.partial(self._call, name)

    def written(self) -> dict[str, Path]:
        """The ops that the learner has written, and the file of each."""
        return {op: e.path for e in self._exported() for op in OPS if op in e.written}

    def _announce(self) -> None:
        """Say once, on stderr, which ops are the learner's."""
        if self._announced:
            return
        self._announced = True
        written = self.written()
        mine = ", ".join(op for op in OPS if op in written) or "none yet"
        gaps = ", ".join(op for op in OPS if op not in written) or "none"
        print(f"student: your own: {mine}; naive's: {gaps}", file=sys.stderr)

    def _exported(self) -> Iterator[Exported]:
        """The files of the package, each read again where it has changed."""
        for path in sorted(self._package.glob("[!_.]*.py")):
            known = self._files.get(path)
            if known is None or known.is_stale():
                known = self._files[path] = Exported(path)
            yield known

    def _call(self, op: str, *args: Any, **kwargs: Any) -> Any:
        self._announce()
        owner = next((exported for exported in self._exported() if op in exported.written), None)
        if owner is None:
            return self._fill(op, f"{op} is not written yet", args, kwargs)
        before = [_contents(argument) for argument in args]
        try:
            return getattr(owner.module(), op)(*args, **kwargs)
        except NotImplementedError as error:
            # A gap, as long as nothing has been changed: naive has to start from the same arrays.
            if [_contents(argument) for argument in args] != before:
                raise _blamed(op, owner.path, error) from _own_frames(owner.path, error)
            what = str(error) or "this"
            return self._fill(op, f"your {op} does not do {what} yet", args, kwargs)
        except Exception as error:
            raise _blamed(op, owner.path, error) from _own_frames(owner.path, error)

    def _fill(self, op: str, why: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if why not in self._said:
            self._said.add(why)
            print(f"student: {why}, so naive's is used", file=sys.stderr)
        return getattr(import_module("recsys_backends.naive"), op)(*args, **kwargs)


def _contents(argument: Any) -> bytes | None:
    """What an op could change: arrays that are writeable."""
    if isinstance(argument, np.ndarray) and argument.flags.writeable:
        return argument.tobytes()
    return None


def _own_frames(path: Path, error: Exception) -> Exception:
    """The error with its traceback beginning where the learner's file does."""
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename != str(path):
        traceback = traceback.tb_next
    return error.with_traceback(traceback or error.__traceback__)


def _blamed(op: str, path: Path, error: Exception) -> StudentCodeError:
    place = last_place(path, error.__traceback__)
    where = f", {place}" if place else ""
    return StudentCodeError(
        f"your {op} ({path.parent.name}/{path.name}{where}) raised {type(error).__name__}: {error}"
    )


def __getattr__(name: str) -> StudentBackend:
    """``backend``: that of the workspace in which this process works."""
    if name != "backend":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return StudentBackend(find_workspace().package)
