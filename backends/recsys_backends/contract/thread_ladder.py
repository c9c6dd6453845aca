"""Clauses about numbers of threads: fewer than the work, as many, and far more."""

from __future__ import annotations

from typing import Final

import numpy as np

from recsys_backends.contract.cases import Case, for_every_op

THREADS: Final = (1, 2, 3, 4, 7, 16, 64)
ROWS: Final = (1, 2, 3, 5, 8, 13, 33, 100)


@for_every_op("is_right_with_more_threads_than_work", without=("matmul",))
def more_threads_than_work(rng: np.random.Generator, kind: type[Case]) -> None:
    """1 to 100 rows shared by 1 to 64 threads: no row is left out and none is done twice."""
    for n_rows in ROWS:
        case = kind.make(rng, n_rows, 17, 5)
        expected = case.expected()
        for n_threads in THREADS:
            answer = case.copy().run(n_threads)
            case.require_right(answer, expected, f"with {n_rows} rows and {n_threads} threads")
