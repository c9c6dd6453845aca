"""The entry that does nothing: a timed call of it takes what timing takes.

It answers with a value that it was given to keep, so that the way back is as long as that of the
function beside which it is timed. It also waits as long, up to a limit, and says how long it did:
after a call, caches hold other things than the runner's code, so timing takes more than after none.
"""

from __future__ import annotations

import copy
import time
from typing import Any

_kept: list[Any] = [None, 0]
_wall, _cpu = time.perf_counter_ns, time.process_time_ns


def keep(answer: Any, wait: int) -> None:
    """Keep the answer of calls to come, and the nanoseconds that they wait."""
    _kept[:] = [copy.deepcopy(answer), wait]


def nothing(*args: Any, **kwargs: Any) -> tuple[Any, int, int]:
    """Wait; return the kept answer and the wait's nanoseconds of wall and of processor time."""
    cpu, start = _cpu(), _wall()
    answer, wait = _kept
    end = start + wait
    while _wall() < end:
        pass
    return answer, _wall() - start, _cpu() - cpu
