"""A learner's module as seen by its judges: calls go through a pipe to another process.

``remote.bpr_update(…)`` looks and behaves like the function itself, down to arrays that it changes
in place; so a ``Remote`` is also a backend for the contract. ``remote.probe.name(…)`` calls a
function of the lesson's ``probe.py`` there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from recsys_backends.plan import Sampler, UniformSampler
from recsys_backends.protocol import Order
from tito.judging.connection import Connection, LaunchBeside, launch_plainly
from tito.judging.failures import Failure, LearnerError, sentence_about_missing
from tito.wire.processes import Launcher, plain_process

__all__ = ["OWN_NAMES", "LearnerError", "Remote", "connection_of"]

SECONDS_PER_CALL: Final = 20.0
OWN_NAMES: Final = frozenset({"name", "order", "probe", "samplers", "tiles"})
"""Attributes of a Remote itself: a lesson's function of such a name cannot be called through it.
All but ``probe`` are those by which the contract knows a backend."""


class _Probe:
    """Functions of the lesson's probe.py."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self._connection.call(name, args, kwargs, probe=True)


class Remote:
    """Functions of one exported module, run in another process.

    Args:
        module: the exported file.
        probe: the lesson's probe.py, where it has one.
        allowed: distributions that the code may import, with what they need, beside NumPy and the
            standard library; also single modules of this software.
        seconds: time limit of one call.
        launch: starts the process.
        launch_beside: makes a launcher of processes with another file, under the same limits.
        unbuildable: functions whose cells were not built.
        order, tiles, samplers: what the functions can do as a backend, as in ``ComputeBackend``.

    The process starts at the first call. When it dies or hangs, the call raises ``LearnerError``
    and the next call starts another. Use it as a context manager, so that none is left behind.
    Everything that controls the process is in ``connection_of(remote)``, where it hides no
    function of the learner's.
    """

    name: Final = "yours"

    def __init__(
        self,
        module: Path,
        *,
        probe: Path | None = None,
        allowed: Sequence[str] = (),
        seconds: float = SECONDS_PER_CALL,
        launch: Launcher = plain_process,
        launch_beside: LaunchBeside = launch_plainly,
        unbuildable: Collection[str] = (),
        order: Order = "sequential",
        tiles: bool = False,
        samplers: tuple[type[Sampler], ...] = (UniformSampler,),
    ) -> None:
        self._connection = Connection(
            module,
            probe=probe,
            allowed=allowed,
            seconds=seconds,
            launch=launch,
            launch_beside=launch_beside,
            unbuildable=unbuildable,
        )
        self.order, self.tiles, self.samplers = order, tiles, samplers
        self.probe = _Probe(self._connection)

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        connection = self._connection
        if name not in connection.functions(name):
            connection.failure = Failure.MISSING
            raise AttributeError(sentence_about_missing(name))
        return lambda *args, **kwargs: connection.call(name, args, kwargs)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._connection.functions("listing its functions")]


def connection_of(remote: Remote) -> Connection:
    """Return the connection behind a remote: its process, its limits and its last failure."""
    return remote._connection
