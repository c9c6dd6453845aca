"""Clauses about one call after another: nothing may be kept from the call before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recsys_backends.contract.cases import Case, for_every_op


@for_every_op("reads_its_arguments_anew")
def reads_its_arguments_anew(rng: np.random.Generator, kind: type[Case]) -> None:
    """The same arrays with other contents are other arguments, whichever of them changed."""
    case = kind.make(rng, 14, 23, 6)
    start = {name: case.arrays[name].copy() for name in case.written if name in case.arrays}
    case.run()
    for what in _changes(rng, case):
        for name, array in start.items():
            case.arrays[name][...] = array
        expected = case.expected()
        case.require_right(case.run(), expected, f"after {what} in the same memory")
        for name, array in start.items():
            start[name] = array[::-1].copy()


def _changes(rng: np.random.Generator, case: Case) -> Iterator[str]:
    """Change arguments in place, some at a time, and say each time how."""
    other = type(case).make(rng, 14, 23, 6)
    given = [name for name in case.arrays if name not in (*case.written, *case.fixed_shape)]
    for name in given:
        array = case.arrays[name]
        np.copyto(array, other.arrays[name])
        yield f"{name} was replaced"
        if array.dtype.kind == "f":
            array[...] = array[::-1].copy()
            yield f"the rows of {name} were reversed"
            array.flat[array.size // 2 + 1] += 1.0
            yield f"one number of {name} grew"
        elif name.endswith("indices"):
            n_rows = len(case.arrays[name.replace("indices", "indptr")]) - 1
            array[...] = array.reshape(n_rows, -1)[::-1].ravel()
            yield f"the rows of {name} were reversed"
    third = type(case).make(rng, 14, 23, 6)
    for name in given:
        np.copyto(case.arrays[name], third.arrays[name])
    yield "all arguments were replaced"


@for_every_op("keeps_data_sets_apart")
def keeps_data_sets_apart(rng: np.random.Generator, kind: type[Case]) -> None:
    """Calls in turn about data sets of several sizes: each answer is that of its own data."""
    shapes = ((40, 60, 12), (9, 13, 4), (9, 13, 4), (25, 100, 33), (60, 8, 1))
    cases = [kind.make(rng, *shape) for shape in shapes]
    expected = [case.expected() for case in cases]
    for n_threads in (1, 3, 1):
        for number in (0, 1, 2, 0, 3, 1, 4, 3, 2, 0):
            run = cases[number].copy()
            what = f"beside calls about other data, with {n_threads} threads"
            run.require_right(run.run(n_threads), expected[number], what)


@for_every_op("gives_each_caller_its_own_answer")
def gives_each_caller_its_own_answer(rng: np.random.Generator, kind: type[Case]) -> None:
    """An answer stays as it is when the op is called again, and when its arguments change."""
    case = kind.make(rng, 11, 19, 5)
    expected = case.expected()
    run = case.copy()
    first: dict[str, NDArray[np.generic]] = {**run.call(1)}
    first |= {name: run.arrays[name] for name in case.written if name in run.arrays}
    for n_threads in (1, 2):
        kind.make(rng, 11, 19, 5).run(n_threads)
    for name in (name for name in run.arrays if name not in case.written):
        run.arrays[name].view(np.uint8)[...] = 0
    case.require_right(first, expected, "after the op was called again")
