"""Clauses about calls at the same time, and about what a call leaves behind in its process."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final

import numpy as np

from recsys_backends.contract.cases import Answer, Case, for_every_op
from recsys_backends.contract.clause import require

_CALLERS: Final = 4
_FEWEST_CALLS: Final = 6
_MOST_CALLS: Final = 5_000
_SECONDS: Final = 0.4
"""Time for which each caller goes on: quick calls seldom meet, and need many."""


@for_every_op("may_be_called_from_several_threads", long=True)
def may_be_called_from_several_threads(rng: np.random.Generator, kind: type[Case]) -> None:
    """Four callers at the same time, each with data of its own: answers do not mix."""
    shapes = ((200, 90, 16), (150, 140, 7), (260, 60, 33), (100, 200, 24))
    cases = [kind.make(rng, *shape) for shape in shapes]
    expected = [case.expected() for case in cases]

    def call(case: Case, wanted: Answer) -> None:
        end = time.monotonic() + _SECONDS
        for number in range(_MOST_CALLS):
            answer = case.copy().run()
            case.require_right(answer, wanted, "beside calls from other threads")
            if number >= _FEWEST_CALLS and time.monotonic() > end:
                return

    with ThreadPoolExecutor(_CALLERS) as pool:
        futures = [
            pool.submit(copy_context().run, call, case, wanted)
            for case, wanted in zip(cases, expected, strict=True)
        ]
        for future in futures:
            future.result()


@for_every_op("leaves_its_process_as_it_was")
def leaves_its_process_as_it_was(rng: np.random.Generator, kind: type[Case]) -> None:
    """Tiny numbers stay what they are after a call, and nobody's random numbers are drawn."""
    case = kind.make(rng, 9, 14, 5)
    kept = random.getstate(), np.random.get_state()
    random.seed(int(rng.integers(2**32)))
    np.random.seed(int(rng.integers(2**32)))
    by_python, by_numpy = random.getstate(), np.random.get_state()
    try:
        case.run(2)
        drawn = random.getstate() != by_python or str(np.random.get_state()) != str(by_numpy)
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
    require(not drawn, f"{kind.op} draws from or seeds the caller's random numbers.")
    tiny = np.full(64, 1e-38, np.float32) * np.float32(0.1)
    require(
        bool((tiny > 0).all()),
        f"after {kind.op} the processor flushes tiny numbers to zero; is a part of the engine "
        "built with -ffast-math?",
    )
