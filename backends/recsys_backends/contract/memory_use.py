"""Clauses about memory: arguments that are only read, zones that nobody writes to, old contents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends.contract.cases import Case, for_every_op
from recsys_backends.contract.clause import require_identical
from recsys_backends.contract.guards import GuardedArray

_GARBAGE = 0x7F
"""Byte of which a float32 is 3.4e38 and an int32 is 2,139,062,143: wrong wherever it shows."""


@for_every_op("changes_no_other_argument")
def changes_no_other_argument(rng: np.random.Generator, kind: type[Case]) -> None:
    """Arguments that are not said to change keep their bytes, and may be read-only."""
    case = kind.make(rng, 12, 21, 6)
    expected = case.expected()
    kept = [name for name in case.arrays if name not in case.written]
    for n_threads in (1, 3):
        run = case.copy()
        run.require_right(run.run(n_threads), expected, f"with {n_threads} threads")
        for name in kept:
            require_identical(run.arrays[name], case.arrays[name], f"{name} after {kind.op}")
    run = case.copy()
    for name in kept:
        run.arrays[name].flags.writeable = False
    run.require_right(run.run(), expected, "of read-only arguments")


@for_every_op("stays_within_its_arrays")
def stays_within_its_arrays(rng: np.random.Generator, kind: type[Case]) -> None:
    """Arrays in the middle of larger memory: nothing beyond them is written to or counts."""
    for n_rows, n_cols, width in ((1, 1, 1), (3, 5, 2), (13, 30, 7), (33, 17, 20), (130, 40, 33)):
        case = kind.make(rng, n_rows, n_cols, width)
        expected = case.expected()
        for filling, n_threads in ((np.nan, 1), (1234.5, 1), (-0.25, 3), (np.nan, 64)):
            guarded = {name: GuardedArray(array, filling) for name, array in case.arrays.items()}
            run = case.copy()
            run.arrays = {name: zone.array for name, zone in guarded.items()}
            what = f"with {n_rows} rows, a width of {width} and {n_threads} threads"
            answer = run.run(n_threads)
            for name, zone in guarded.items():
                zone.require_intact(name, what)
            run.require_right(answer, expected, f"of arrays amid other memory, {what}")


@for_every_op("leaves_nothing_to_what_memory_held")
def leaves_nothing_to_what_memory_held(rng: np.random.Generator, kind: type[Case]) -> None:
    """Memory that was used before holds garbage; the answers are right all the same."""
    for n_rows, n_cols, width in ((3, 4, 2), (20, 31, 9), (90, 120, 16), (300, 70, 33)):
        case = kind.make(rng, n_rows, n_cols, width)
        expected = case.expected()
        sizes = {array.nbytes for array in [*case.arrays.values(), *expected.values()]}
        for n_threads in (1, 2):
            run = case.copy()
            held = _soil(sizes | {n_rows * n_cols * size for size in (1, 4, 8)} | {8 * width**2})
            answer = run.run(n_threads)
            del held
            run.require_right(answer, expected, "in memory that held something before")


def _soil(sizes: set[int]) -> list[NDArray[np.uint8]]:
    """Leave garbage in memory that arrays of these sizes in bytes will be given next.

    Returns small arrays between the pieces; while they live, the pieces stay apart.
    """
    pieces, between = [], []
    for size in sorted(sizes):
        for _ in range(6):
            pieces.append(np.full(size, _GARBAGE, dtype=np.uint8))
            between.append(np.zeros(48, dtype=np.uint8))
    del pieces
    return between
