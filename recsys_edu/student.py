"""The backend ``student``: what the learner has exported, and naive for what is still missing.

``recsys_backends`` finds it through its entry point. ``student:05`` is its state after lesson 05:
what later lessons have exported is not in it. Each op call looks whether ``my_recsys`` has
been exported anew, so a notebook that stays open uses what was written last.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Final

import numpy as np

from recsys_backends.errors import UnknownBackendError
from recsys_backends.plan import SAMPLERS, EpochPlan
from recsys_backends.protocol import OPS, Order
from recsys_edu.errors import StudentCodeError
from recsys_edu.exported import Exported, text_of
from recsys_edu.workspace import find_workspace

_NUMBER: Final = re.compile(r"0?[1-9]|[1-9][0-9]", re.ASCII)
_STATE: Final = "after_"
"""Beginning of the name under which this module has the state after a lesson."""


class StudentBackend:
    """Every op: the learner's where it is written, naive's where it is not.

    Args:
        package: the folder with the exported files, one a lesson.
        last: number of the last lesson whose ops count; None for all of them.

    Attributes:
        name: name of the backend, "student" or "student:05".
    """

    order: Final[Order] = "sequential"
    samplers: Final = SAMPLERS

    def __init__(self, package: Path, last: int | None = None) -> None:
        self.name = "student" if last is None else f"student:{last:02}"
        self._package = package
        self._last = last
        self._files: dict[Path, Exported] = {}
        self._said: set[str] = set()
        self.filled: set[str] = set()
        """Ops that naive has answered so far, for want of the learner's."""
        self._announced = False
        self._lock = RLock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return functools.partial(self._call, name)

    def path_of_state(self, state: str) -> str:
        """Return the import path of an earlier state.

        Args:
            state: number of the lesson after which it is, such as "05" or "5".

        Raises:
            UnknownBackendError: it is no number of a lesson.
        """
        if not _NUMBER.fullmatch(state):
            raise UnknownBackendError(
                f"there is no backend 'student:{state}': behind the colon stands the number of a "
                "lesson, as in student:05."
            )
        return f"{__name__}:{_STATE}{int(state):02}"

    def written(self) -> dict[str, Path]:
        """The ops that the learner has written, and the file of each."""
        earlier_first = reversed(self._exported())
        return {op: e.path for e in earlier_first for op in OPS if op in e.written}

    def _announce(self) -> None:
        """Say once, on stderr, which ops are the learner's."""
        if self._announced:
            return
        self._announced = True
        written = self.written()
        mine = ", ".join(op for op in OPS if op in written) or "none yet"
        gaps = ", ".join(op for op in OPS if op not in written) or "none"
        print(f"{self.name}: your own: {mine}; naive's: {gaps}", file=sys.stderr)

    def _exported(self) -> list[Exported]:
        """The files of the package, later lessons first, each read again where it has changed."""
        found = [e for e in self._read() if self._last is None or e.lesson <= self._last]
        return sorted(found, key=lambda exported: -exported.lesson)

    def _read(self) -> Iterator[Exported]:
        for path in sorted(self._package.glob("[!_.]*.py")):
            with suppress(FileNotFoundError):  # it was there a moment ago
                known = self._files.get(path)
                if known is None or known.is_stale():
                    known = self._files[path] = Exported(path)
                yield known

    def _call(self, op: str, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            self._announce()
            owner = next((found for found in self._exported() if op in found.written), None)
            function = self._function_of(owner, op) if owner else None
        if owner is None or function is None:
            return self._fill(op, f"{op} is not written yet", args, kwargs)
        before = [_contents(argument) for argument in args]
        try:
            return function(*args, **kwargs)
        except StudentCodeError:  # of another op, which this one has called
            raise
        except NotImplementedError as error:
            # A gap, as long as nothing has been changed: naive has to start from the same arrays.
            if [_contents(argument) for argument in args] != before:
                raise _blamed(op, "raised", owner, error) from _own_frames(owner, error)
            why = f"your {op} is not written for this yet ({text_of(error)})"
            if not text_of(error):  # a stub that it calls
                why = f"your {op} ({_where(owner, error)}) is not finished"
        except (Exception, SystemExit) as error:
            raise _blamed(op, "raised", owner, error) from _own_frames(owner, error)
        return self._fill(op, why, args, kwargs)

    def _function_of(self, owner: Exported, op: str) -> Callable[..., Any]:
        try:
            function: Callable[..., Any] = getattr(owner.module(), op)
        except (Exception, SystemExit) as error:
            raise _blamed(op, "cannot be loaded:", owner, error) from _own_frames(owner, error)
        return function

    def _fill(self, op: str, why: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with self._lock:
            self.filled.add(op)
            said = why in self._said
            self._said.add(why)
        if not said:
            print(f"{self.name}: {why}, so naive's is used.", file=sys.stderr)
        return getattr(import_module("recsys_backends.naive"), op)(*args, **kwargs)


def _contents(argument: Any) -> list[bytes]:
    """Return the contents of what an op could change: arrays that are writeable."""
    parts = vars(argument).values() if isinstance(argument, EpochPlan) else [argument]
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return [array.tobytes() for array in arrays if array.flags.writeable]


def _own_frames(owner: Exported, error: BaseException) -> BaseException:
    """The error with its traceback beginning where the learner's file does."""
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None and not owner.owns(traceback.tb_frame.f_code.co_filename):
        traceback = traceback.tb_next
    return error.with_traceback(traceback)


def _blamed(op: str, what: str, owner: Exported, error: BaseException) -> StudentCodeError:
    message = f": {text_of(error).rstrip('.')}" if text_of(error) else ""
    return StudentCodeError(
        f"your {op} ({_where(owner, error)}) {what} {type(error).__name__}{message}."
    )


def _where(owner: Exported, error: BaseException) -> str:
    place = owner.place_of(error)
    file = f"{owner.path.parent.name}/{owner.path.name}"
    return f"{file}, {place}" if place else file


def __getattr__(name: str) -> StudentBackend:
    """``backend``: that of the workspace in which this process works; ``after_05``: a state."""
    state = name.removeprefix(_STATE)
    if name != "backend" and not (name.startswith(_STATE) and _NUMBER.fullmatch(state)):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    last = None if name == "backend" else int(state)
    return StudentBackend(find_workspace().package, last)
