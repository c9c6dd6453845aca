"""Session: a process or a jail in which one lesson's judged code runs, under its limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from recsys_backends.plan import Sampler, UniformSampler
from recsys_backends.protocol import Order
from recsys_edu.exported import files_of
from tito.jail.jail import Jail
from tito.jail.limits import Limits
from tito.jail.unjailed import Unjailed
from tito.judging.remote import SECONDS_PER_CALL, Remote
from tito.wire.processes import StartRunner

PROBE: Final = "probe.py"
"""File of a lesson's folder with functions that run beside the learner's."""


@dataclass(frozen=True)
class Session:
    """Settings under which modules of one lesson are judged; ``open`` starts one.

    Checkpoints, the grader and leaderboards judge by the same sessions: only ``jailed`` and the
    limits differ.
    """

    folder: Path
    """Folder of the lesson."""
    may_import: tuple[str, ...] = ()
    """Distributions that the code may import, with what they need, beside NumPy and the standard
    library; also single modules of this software."""
    compilers: bool = False
    """Compilers and headers are within reach of the code."""
    jailed: bool = False
    """The code runs in a jail. Otherwise it may do all that its caller may."""
    limits: Limits = field(default_factory=Limits)
    """Limits of the jail."""
    seconds: float = SECONDS_PER_CALL
    """Time limit of one call."""
    order: Order = "sequential"
    tiles: bool = False
    samplers: tuple[type[Sampler], ...] = (UniformSampler,)
    """Abilities of the lesson's functions as a backend, as in ``ComputeBackend``."""

    @property
    def probe(self) -> Path | None:
        """The lesson's probe.py; None where it has none."""
        path = self.folder / PROBE
        return path if path.is_file() else None

    @contextmanager
    def open(self, module: Path, unbuildable: Collection[str] = ()) -> Iterator[Remote]:
        """Yield the functions of an exported file; the process ends with the block.

        Args:
            module: the file; what was built of its cells in Cython lies beside it.
            unbuildable: functions whose cells were not built: stubs stand in their places.

        Raises:
            JailUnavailableError: no jail can be had, and one is wanted.
            SubmissionError: the file is a link, or too large for a jail.
        """
        with ExitStack() as opened:
            launch = opened.enter_context(self._launcher(module, self.probe))
            yield opened.enter_context(
                Remote(
                    module,
                    probe=self.probe,
                    allowed=self.may_import,
                    seconds=self.seconds,
                    launch=launch,
                    launch_beside=self._launcher,
                    unbuildable=unbuildable,
                    order=self.order,
                    tiles=self.tiles,
                    samplers=self.samplers,
                )
            )

    @contextmanager
    def _launcher(self, module: Path, probe: Path | None = None) -> Iterator[StartRunner]:
        """Yield a launcher of processes that can read these files."""
        if not self.jailed:
            with Unjailed(self.limits) as unjailed:
                yield unjailed
            return
        with Jail(
            [*files_of(module), *([probe] if probe else [])],
            allowed=self.may_import,
            compilers=self.compilers,
            limits=self.limits,
        ) as jail:
            yield jail
