"""A remote whose answers are wrong on purpose, through the frames of a real one."""

from __future__ import annotations

import builtins
import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recsys_edu.exported import Exported, load_file
from tests.judging.evil import Answer, Evil, NothingThereError, arrays_of
from tito.authoring.source import solution_cells
from tito.course.cython_cells import module_text
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.judging.connection import Connection, Handed
from tito.judging.remote import LearnerError, Remote, _Probe
from tito.wire.frames import read_frame, write_frame
from tito.wire.processes import plain_process
from tito.wire.runner import Runner
from tito.wire.values import FrameError, arrays_in


def _crossed(value: Any, make_handle: Callable[[int], Any] | None = None) -> Any:
    """A value as it arrives at the other end of a pipe."""
    stream = io.BytesIO()
    write_frame(stream, value)
    stream.seek(0)
    return read_frame(stream, make_handle=make_handle)


def _proxies(handed: Handed) -> Callable[[int], Callable[..., Any]]:
    """What stands for handed functions in a process that is this one."""

    def make(number: int) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            request = _crossed({"call": number, "args": list(args), "kwargs": kwargs})
            reply = _crossed(handed.answer(request))
            if "raised" in reply:
                raise getattr(builtins, reply["raised"])
            for place, array in reply["changed"]:
                np.copyto(arrays_in([list(args), kwargs])[place], array)
            return reply["value"]

        return call

    return make


def _key(value: Any) -> bytes:
    stream = io.BytesIO()
    write_frame(stream, value)
    return stream.getvalue()


class Solutions(Runner):
    """A runner in this process, with a lesson's solutions or other cells; it remembers answers."""

    def __init__(self, lesson: Lesson, cells: Sequence[Cell] | None = None) -> None:
        wanted = solution_cells(lesson) if cells is None else cells
        source = module_text(cell for cell in wanted if cell.is_exported)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"{lesson.name}.py")
            path.write_text(source, encoding="utf-8")
            self._exported = Exported(path)
            self._learner = self._exported.module()
        probe = lesson.folder / "probe.py"
        self._probe = load_file(probe, f"probe_{lesson.name}") if probe.is_file() else None
        self.failure = None
        self._answers: dict[bytes, Answer] = {}

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """As a runner does, but once for each call."""
        try:
            key = _key(call)
        except FrameError:  # a function was handed: each one may answer otherwise
            return super().answer(call)
        if key not in self._answers:
            self._answers[key] = super().answer(call)
        return self._answers[key]


class EvilConnection(Connection):
    """A connection whose process is this one, and whose functions answer through an evil."""

    def __init__(self, solutions: Solutions, evil: Evil | None, victim: str) -> None:
        super().__init__(
            Path("nowhere"), probe=None, allowed=(), seconds=60.0, launch=plain_process
        )
        self._runner = solutions
        self._evil = evil
        self._victim = victim
        self.log: list[tuple[str, dict[str, Any], Answer]] = []
        self.differs = False

    def _start(self, name: str) -> None:
        hello = self._runner.hello()
        self._functions, self._written = frozenset(hello["functions"]), frozenset(hello["written"])
        self._process = sys.modules[__name__]  # type: ignore[assignment]

    def stop(self) -> None:
        self._process = None

    def _exchange(self, message: Any, name: str, handed: Handed | None = None) -> dict[str, Any]:
        make = _proxies(handed) if handed else None
        call = _crossed(message, make)
        right = self._runner.answer(_crossed(message, make))
        label = f"probe.{name}" if call["probe"] else name
        if "value" in right and self._evil is None:
            self.log.append((label, call, right))
        if self._evil is not None and label == self._victim and "value" in right:
            given = self._bent(call, right)
        else:
            given = right
        return _crossed(given)

    def _bent(self, call: dict[str, Any], right: Answer) -> Answer:
        try:
            if self._evil.twist is not None:
                given = self._of_another_question(call)
            else:
                given = self._evil.answer(call, _crossed(right))
            self.differs |= _key(given) != _key(right)
        except NothingThereError:
            return right
        except FrameError as error:
            self.differs = True
            raise LearnerError(f"it cannot cross: {error}") from None
        except (TypeError, ValueError, OverflowError, IndexError):
            return right  # this evil is of no use for such an answer
        return given

    def _of_another_question(self, call: dict[str, Any]) -> Answer:
        """The right answer to a call that was not made, and the arguments made to fit it."""
        other = _crossed(call)
        for array in arrays_of(other):
            if array.flags.writeable:
                array[...] = self._evil.twist(array)
        asked = arrays_of(_crossed(other))
        right = self._runner.answer(other)
        if "value" not in right:
            raise NothingThereError
        changed = dict(enumerate(asked)) | dict(right["changed"])
        writeable = [n for n, array in enumerate(asked) if array.flags.writeable]
        return {**right, "changed": [[n, changed[n]] for n in writeable]}


class EvilRemote(Remote):
    """A lesson's solutions in this process, answering through an evil."""

    def __init__(self, solutions: Solutions, evil: Evil | None = None, victim: str = "") -> None:
        super().__init__(Path("nowhere"))
        self._connection.close()
        self._connection = self._evil_connection = EvilConnection(solutions, evil, victim)
        self.probe = _Probe(self._connection)

    @property
    def log(self) -> list[tuple[str, dict[str, Any], Answer]]:
        """The calls of an honest run, with their right answers."""
        return self._evil_connection.log

    @property
    def differs(self) -> bool:
        """Whether any answer was another than the right one."""
        return self._evil_connection.differs
