"""Jail whose judge holds a clock: it can be frozen, has processors of its own, and is accounted.

    with TimedJail([module], n_threads=1) as jail:
        process = jail.start()
        jail.freeze()

docs/adr/0013-timing-from-outside.md says how a function is timed in there.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tito.jail import mounts, seccomp
from tito.jail.cgroups import memory_group
from tito.jail.jail import Jail, Jailed
from tito.jail.limits import Limits
from tito.jail.timed_group import NoTimedGroupError, TimedGroup, timed_group

GIVEN: Final = "/timed/given"
SHARED: Final = "/timed/shared"
LIMITS: Final = Limits(wall_seconds=4 * 3600.0, cpu_seconds=3600)
"""Limits of a timed jail; it spends most of its time frozen, while others take their turn."""
RUNNER: Final = "tito.wire.timed_runner"


class TimedJail(Jail):
    """A jail for one runner of timed calls.

    Args:
        files: files that the code may read, at their own paths; links are refused.
        given: file of inputs, which the jail only reads.
        shared: file of answers and of arrays that a call updates, which the jail writes.
        n_threads: number of threads that the code may use. The jail gets one processor more where
            the machine has it, so that a hidden thread adds to the account.
        allowed: modules that it may import beside NumPy and the standard library.
        limits: ``LIMITS`` where None; their ``threads`` are replaced.
        options: further arguments of ``Jail``.

    Where the machine has no freezer, cpuset or account for it, ``problems`` says so; the jail then
    starts without them, and what is measured in it holds for this machine only.
    """

    def __init__(
        self,
        files: Iterable[Path] = (),
        *,
        given: Path,
        shared: Path,
        n_threads: int = 1,
        allowed: Iterable[str] = (),
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            files,
            allowed=allowed,
            limits=replace(limits or LIMITS, threads=n_threads),
            module=RUNNER,
            **options,
        )
        self._n_threads = n_threads
        self._regions = {GIVEN: given, SHARED: shared}
        self._timed: TimedGroup | None = None
        self.problems: tuple[str, ...] = ()

    @property
    def group(self) -> TimedGroup | None:
        """Control group of the jail since it has started; None where ``problems`` says why."""
        return self._timed

    @property
    def paths(self) -> tuple[str, str]:
        """Paths of the two files in the jail."""
        return GIVEN, SHARED

    def close(self) -> None:
        """End the jail, and remove its control groups."""
        timed, self._timed = self._timed, None
        if timed is not None:
            timed.close()
        super().close()

    def _modules(self) -> tuple[str, ...]:
        return (*super()._modules(), RUNNER)

    def _make_groups(self) -> None:
        if self._timed is not None or self.problems:
            return
        try:
            self._timed = timed_group(self._n_threads + 1)
        except NoTimedGroupError as error:
            self.problems = (str(error),)
        if self._timed is not None and self._timed.version == 2:
            self._group = self._timed.hold_memory(self._limits.memory)
        else:
            self._group = memory_group(self._limits.memory)

    def _group_entries(self) -> list[Path]:
        entries = [*super()._group_entries(), *(self._timed.entries if self._timed else ())]
        return list(dict.fromkeys(entries))

    def _filter(self) -> bytes | None:
        return seccomp.program(timed=True)

    def _own_mounts(self, view: mounts.Mounts) -> None:
        view.read_only(self._regions[GIVEN], GIVEN)
        view.writable(self._regions[SHARED], SHARED)

    def _begin(self, command: list[str], descriptors: list[int], stderr: int) -> Jailed:
        seconds = self._limits.wall_seconds
        return TimedJailed(command, seconds, descriptors, stderr, group=self._timed)


class TimedJailed(Jailed):
    """The process outside that holds a timed jail."""

    def __init__(
        self,
        command: list[str],
        seconds: float,
        descriptors: Iterable[int] = (),
        stderr: int = subprocess.DEVNULL,
        *,
        group: TimedGroup | None,
    ) -> None:
        self._timed = group
        super().__init__(command, seconds, descriptors, stderr)

    def end(self) -> None:
        """End the jail, if it has not ended; a frozen one is thawed to die."""
        super().end()
        if self._timed is not None:
            with contextlib.suppress(OSError):  # the group has been closed
                self._timed.end()
