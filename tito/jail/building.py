"""Building an artefact by others: in a jail with compilers, and nothing of the machine beside them.

Nothing is written where this process could find it: the finished module comes back through the
pipe, as bytes of limited number, and is only ever loaded in another jail.
"""

from __future__ import annotations

import functools
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from recsys_edu.artefacts.artefact import Artefact, Kind
from recsys_edu.artefacts.errors import BuildError, BuildToolsError, CompilerMessage
from recsys_edu.artefacts.recipe import BuildLimits
from recsys_edu.artefacts.toolchain import PACKAGES, Toolchain, require_toolchain
from tito.jail.jail import Jail, Jailed
from tito.jail.limits import MIB, Limits
from tito.wire.pipe import Deadline, NoReplyError, exchange
from tito.wire.processes import close_pipes

_GRACE: Final = 10.0
"""Seconds for starting the jail, beside the time of the build."""
_MOST_MESSAGES: Final = 100
_MOST_CHARACTERS: Final = 500
_TRIAL: Final = Artefact(Kind.CYTHON, "trial", "trial.pyx", {"trial.pyx": b"def f(): return 1\n"})


def build_in_jail(artefact: Artefact, limits: BuildLimits | None = None) -> bytes:
    """Build an artefact in a jail of its own, and return the extension module's file.

    Args:
        artefact: of the kind ``cython`` or ``c``.
        limits: the time, memory and sizes that it may take; the jail holds them as well.

    Raises:
        BuildError: it does not compile, or takes more than the limits. The compilers' words in it
            quote the source.
        JailUnavailableError: no jail can be had.
    """
    limits = limits or BuildLimits()
    request = {
        "kind": str(artefact.kind),
        "module": artefact.module,
        "entry": artefact.entry,
        "files": dict(artefact.files),
        "limits": asdict(limits),
    }
    bounds = Limits(
        memory=limits.memory,
        cpu_seconds=int(limits.seconds) + 1,
        wall_seconds=limits.seconds + _GRACE,
        file_bytes=limits.file_bytes,
        work_bytes=4 * limits.file_bytes,
    )
    with Jail(
        module="tito.jail.build_runner",
        allowed=PACKAGES,
        compilers=True,
        limits=bounds,
    ) as jail:
        answer = _answer(jail.start(), request, limits)
        full = jail.times_full()
    if answer is None:
        why = f" Its {limits.memory // MIB:,} MiB of memory were used up." if full else ""
        raise BuildError(f"{artefact.entry} was not built: the build did not come to an end.{why}")
    return _module(artefact, answer, limits)


@functools.cache
def require_builds() -> Toolchain:
    """Return the compilers with which cells in Cython are built in jails here.

    Raises:
        BuildToolsError: there are none, or none that can be seen in a jail. That is a fault of the
            machine, which must not look like one of what is built.
        JailUnavailableError: no jail can be had.
    """
    toolchain = require_toolchain()
    try:
        build_in_jail(_TRIAL)
    except BuildError as error:
        raise BuildToolsError(
            f"the compilers of this machine do not work in a jail, which sees /usr and Python "
            f"alone: {error}"
        ) from None
    return toolchain


def _answer(process: Jailed, request: dict[str, Any], limits: BuildLimits) -> dict[str, Any] | None:
    """Send a request and return the answer; None where none comes."""
    most = limits.module_bytes + 2 * limits.printed_bytes
    try:
        with Deadline(limits.seconds + _GRACE, process.end) as deadline:
            return exchange(process, request, deadline, most)
    except NoReplyError:
        return None
    finally:
        process.end()
        close_pipes(process)
        process.wait()


def _module(artefact: Artefact, answer: dict[str, Any], limits: BuildLimits) -> bytes:
    """Check an answer, in which nothing can be trusted."""
    found = answer.get("module")
    if isinstance(found, np.ndarray) and found.dtype == np.uint8 and found.ndim == 1:
        if 0 < found.size <= limits.module_bytes:
            return found.tobytes()
        raise BuildError(f"what was built has {found.size:,} bytes, which is no module.")
    said = answer.get("failed")
    if not isinstance(said, str):
        raise BuildError(f"{artefact.entry} was not built: there is no answer that makes sense.")
    text = answer.get("text")
    raise BuildError(
        said[:_MOST_CHARACTERS],
        text=text[: limits.printed_bytes] if isinstance(text, str) else "",
        messages=tuple(_messages_in(answer.get("messages"))),
    )


def _messages_in(value: Any) -> list[CompilerMessage]:
    return [
        CompilerMessage(entry[0][:_MOST_CHARACTERS], entry[1], entry[2][:_MOST_CHARACTERS])
        for entry in (value[:_MOST_MESSAGES] if isinstance(value, list) else ())
        if isinstance(entry, list)
        and [type(part) for part in entry] == [str, int, str]
        and 0 < entry[1] < 2**31
    ]
