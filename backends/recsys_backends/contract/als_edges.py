"""Clauses of ``als_half_step``: what it touches, repetition, threads, and bad arguments."""

from __future__ import annotations

import numpy as np

from recsys_backends import ops
from recsys_backends.contract.als_half_step import HalfStep, random_half_step
from recsys_backends.contract.clause import clause, require, require_close, require_identical
from recsys_backends.contract.rejections import require_rejected


@clause("als_half_step")
def rows_without_interactions_become_zero(rng: np.random.Generator) -> None:
    """Rows are overwritten, whatever was there: with nothing observed, every wish is 0."""
    call = random_half_step(rng, 6, 10, 5)  # the first row has none
    target = np.full((6, 5), 7.0, dtype=np.float32)
    require_close(call.solve(target)[0], np.zeros(5), 0.0, "the row without interactions")
    alone = HalfStep(call.fixed, np.zeros(4, np.int64), call.indices[:0], call.confidence[:0])
    target = np.full((3, 5), 7.0, dtype=np.float32)
    require_close(alone.solve(target), np.zeros((3, 5)), 0.0, "rows where nobody has any")


@clause("als_half_step")
def what_was_there_does_not_matter(rng: np.random.Generator) -> None:
    """Zeros, large numbers or no numbers at all: the same answer, to what the residual allows."""
    call = random_half_step(rng)
    call.regularization = 1.0
    expected = call.solve()
    for before in (0.0, 1e6, -3e38, np.nan, np.inf):
        target = np.full_like(expected, before)
        require_close(call.solve(target), expected, 1e-3, f"the answer over a target of {before:g}")


@clause("als_half_step")
def a_repeated_call_changes_nothing(rng: np.random.Generator) -> None:
    """The same arguments again, over the answer: the same rows, and still at the minimum."""
    call = random_half_step(rng, 15, 40, 20)
    call.regularization = 1.0
    target = call.solve()
    first = target.copy()
    for _ in range(3):
        call.solve(target)
    require_close(target, first, 1e-4 * float(np.abs(first).max()), "rows after three repetitions")
    call.require_minimum(target, "after three repetitions")


@clause("als_half_step")
def only_the_target_changes(rng: np.random.Generator) -> None:
    """The other arguments keep their bytes; read-only ones are welcome."""
    call = random_half_step(rng)
    arrays = {name: getattr(call, name) for name in ("fixed", "indptr", "indices", "confidence")}
    before = {name: array.copy() for name, array in arrays.items()}
    call.solve()
    for name, array in arrays.items():
        require_identical(array, before[name], f"{name} after the half step")
        array.flags.writeable = False
    call.require_minimum(call.solve(), "with read-only arguments")


@clause("als_half_step")
def new_fixed_factors_give_new_rows(rng: np.random.Generator) -> None:
    """Calls are independent: nothing is kept from one to the next."""
    call = random_half_step(rng)
    call.solve()
    call.fixed *= -2.0
    call.confidence += 1.0
    call.require_minimum(call.solve(), "after the fixed factors changed in place")


@clause("als_half_step")
def same_rows_for_any_number_of_threads(rng: np.random.Generator) -> None:
    """Threads share the rows, not the outcome."""
    call = random_half_step(rng, 64, 50, 12)
    first = call.solve(n_threads=1)
    for n_threads in (2, 3):
        found = call.solve(n_threads=n_threads)
        require_close(found, first, 1e-6, f"rows with {n_threads} threads")


@clause("als_half_step")
def empty_half_steps_do_nothing(rng: np.random.Generator) -> None:
    """No rows, no columns, no factors: nothing to do, and no error."""
    for n_rows, n_cols, n_factors in ((0, 4, 3), (3, 0, 2), (3, 4, 0), (0, 0, 0)):
        call = HalfStep(
            np.ones((n_cols, n_factors), np.float32),
            np.zeros(n_rows + 1, np.int64),
            np.empty(0, np.int32),
            np.empty(0, np.float32),
        )
        require_close(call.solve(), np.zeros((n_rows, n_factors)), 0.0, f"{n_rows} rows")
    observed = random_half_step(rng, 3, 4, 0)
    require(observed.solve().shape == (3, 0), "without factors, rows grow some.")


@clause("als_half_step")
def bad_arguments_of_als_half_step_are_rejected(rng: np.random.Generator) -> None:
    """Wrong arrays and numbers are refused by name, before anything is overwritten."""
    good = random_half_step(rng, 3, 6, 4)
    read_only = np.zeros((3, 4), np.float32)
    read_only.flags.writeable = False
    memory = np.zeros((9, 4), np.float32)
    target = np.ones((3, 4), np.float32)

    def call(regularization: object = 0.1, n_threads: object = 1, **arrays: object) -> None:
        given = {"target": target, **vars(good), **arrays}
        given |= {"regularization": regularization, "n_threads": n_threads}
        ops.als_half_step(**given)

    for name, bad in (
        *[("target", bad) for bad in (np.ones((3, 4)), np.ones((4, 3), np.float32).T, None)],
        ("target", read_only),
        ("fixed", good.fixed[:, :3].copy()),
        ("fixed", np.full_like(good.fixed, np.nan)),
        ("fixed", np.ascontiguousarray(good.fixed[0])),
        ("indptr", good.indptr[:-1]),
        ("indptr", good.indptr.astype(np.int32)),
        ("indices", good.indices + 3),
        ("indices", good.indices[::-1].copy()),
        ("confidence", good.confidence[:-1]),
        ("confidence", good.confidence.astype(np.float64)),
        *[("confidence", np.full_like(good.confidence, v)) for v in (-1e-3, np.nan, np.inf)],
    ):
        require_rejected(name, call, **{name: bad})
    require_rejected("share memory", call, target=memory[:3], fixed=memory[2:8])
    for regularization in (0.0, -1.0, float("nan"), float("inf"), 1e-40, "much", None):
        require_rejected("regularization", call, regularization=regularization)
    require_rejected("regularization", call, regularization=0.1, fixed=good.fixed * np.float32(1e9))
    require_rejected("n_threads", call, n_threads=-1)
    require_close(target, np.ones((3, 4)), 0.0, "the target after refused calls")
