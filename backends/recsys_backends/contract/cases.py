"""One call of each op, with its arguments, its answer and the right answer.

Clauses that are about arrays, sizes and threads ask the same of every op. They build a case of any
size, run it, and compare; the ops differ only here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.als_half_step import HalfStep
from recsys_backends.contract.clause import Clause, clause, require_close, require_identical
from recsys_backends.contract.inputs import GENTLE, csr_of
from recsys_backends.plan import EpochPlan
from recsys_backends.registry import get_backend, use_backend

Arrays = dict[str, NDArray[Any]]
Answer = dict[str, NDArray[Any]]


@dataclass
class Case(ABC):
    """Arguments of one call: arrays by name, and everything else."""

    arrays: Arrays
    settings: dict[str, Any]
    op: ClassVar[str]
    written: ClassVar[tuple[str, ...]] = ()
    """Arrays that the op changes in place; they are part of the answer."""
    fixed_shape: ClassVar[tuple[str, ...]] = ("indptr", "seen_indptr", "plan.bounds")
    """Arrays whose content only fits together with that of others."""

    @classmethod
    @abstractmethod
    def make(cls, rng: np.random.Generator, n_rows: int, n_cols: int, width: int) -> Self:
        """Draw a case: rows to work on, columns that each row looks at, and numbers in each."""

    @abstractmethod
    def call(self, n_threads: int) -> Answer:
        """Call the backend in use; return everything that it answers but the arrays it changes."""

    def run(self, n_threads: int = 1) -> Answer:
        """Call the backend in use; return its answer in memory of its own."""
        answer = self.call(n_threads)
        changed = {name: self.arrays[name] for name in self.written if name in self.arrays}
        return {name: array.copy() for name, array in {**answer, **changed}.items()}

    def copy(self) -> Self:
        """Return the same case with arrays of its own."""
        return replace(self, arrays={name: array.copy() for name, array in self.arrays.items()})

    def expected(self) -> Answer:
        """Return the answer of the answer key; nothing changes in this case."""
        with use_backend("naive"):
            return self.copy().run()

    def require_right(self, answer: Answer, expected: Answer, what: str) -> None:
        """Require an answer to be the right one."""
        for name, wanted in expected.items():
            require_identical(answer[name], wanted, f"{name} {what}")


class MatmulCase(Case):
    """Small whole numbers, whose products are exact in any order."""

    op = "matmul"

    @classmethod
    def make(cls, rng: np.random.Generator, n_rows: int, n_cols: int, width: int) -> Self:
        """Draw a of shape (n_rows, width) and b of shape (width, n_cols)."""
        a, b = (rng.integers(-3, 4, shape) for shape in ((n_rows, width), (width, n_cols)))
        return cls({"a": a.astype(np.float32), "b": b.astype(np.float32)}, {})

    def call(self, n_threads: int) -> Answer:
        """Multiply."""
        return {"product": ops.matmul(self.arrays["a"], self.arrays["b"])}

    def expected(self) -> Answer:
        """Return the product by NumPy in float64."""
        a, b = (self.arrays[name].astype(np.float64) for name in ("a", "b"))
        return {"product": a @ b}

    def require_right(self, answer: Answer, expected: Answer, what: str) -> None:
        """Require equal numbers; the sign of a zero is free."""
        require_close(answer["product"], expected["product"], 0.0, f"the product {what}")


class PlanCase(Case):
    """An epoch of random interactions, in as many as four blocks."""

    op = "plan_epoch"

    @classmethod
    def make(cls, rng: np.random.Generator, n_rows: int, n_cols: int, width: int) -> Self:
        """Draw interactions of n_rows users with n_cols items; the width is not used."""
        indptr, indices = even_rows(rng, n_rows, n_cols, max(1, min(n_cols // 3, 12)))
        n_blocks = min(4, n_rows, n_cols) if get_backend().tiles else 1
        settings = {"n_items": n_cols, "seed": 5, "epoch": 3, "n_blocks": n_blocks}
        return cls({"indptr": indptr, "indices": indices}, settings)

    def call(self, n_threads: int) -> Answer:
        """Draw the epoch."""
        plan = ops.plan_epoch(**self.arrays, **self.settings, n_threads=n_threads)
        names = ("users", "positives", "negatives", "bounds")
        return {name: getattr(plan, name) for name in names}


class UpdateCase(Case):
    """Triples that share no row, in sixteen tiles, so that every order is the same."""

    op = "bpr_update"
    written = ("user_factors", "item_factors", "item_biases")

    @classmethod
    def make(cls, rng: np.random.Generator, n_rows: int, n_cols: int, width: int) -> Self:
        """Draw n_rows triples of twice as many items, or n_cols if that is more.

        A third of all sizes are without biases.
        """
        n_items = max(2 * n_rows, n_cols)
        half = n_items // 2
        n_tiles = min(4, n_rows) ** 2
        biases = {"item_biases": rng.normal(0, 0.1, n_items).astype(np.float32)}
        return cls(
            {
                "user_factors": rng.normal(0, 0.1, (n_rows, width)).astype(np.float32),
                "item_factors": rng.normal(0, 0.1, (n_items, width)).astype(np.float32),
                **(biases if (n_rows + width) % 3 else {}),
                "plan.users": rng.permutation(n_rows).astype(np.int32),
                "plan.positives": rng.permutation(half)[:n_rows].astype(np.int32),
                "plan.negatives": (half + rng.permutation(half)[:n_rows]).astype(np.int32),
                "plan.bounds": np.arange(n_tiles + 1, dtype=np.int64) * n_rows // n_tiles,
            },
            dict(GENTLE),
        )

    def call(self, n_threads: int) -> Answer:
        """Update once."""
        names = ("users", "positives", "negatives", "bounds")
        plan = EpochPlan(*(self.arrays[f"plan.{name}"] for name in names))
        factors = [self.arrays.get(name) for name in self.written]
        result = ops.bpr_update(*factors, plan, **self.settings, n_threads=n_threads)  # type: ignore[arg-type]
        return {
            "the loss": np.array([result.loss]),
            "the counts": np.array([result.n_correct, result.n_updated]),
        }

    def require_right(self, answer: Answer, expected: Answer, what: str) -> None:
        """Require the answer key's numbers, as closely as float32 allows."""
        for name, wanted in expected.items():
            n_triples = len(self.arrays["plan.users"])
            tolerance = {"the loss": 1e-5 * n_triples, "the counts": 0.0}.get(name, 2e-6)
            require_close(answer[name], wanted, tolerance, f"{name} {what}")


class HalfStepCase(Case):
    """A half step that is well conditioned."""

    op = "als_half_step"
    written = ("target",)

    @classmethod
    def make(cls, rng: np.random.Generator, n_rows: int, n_cols: int, width: int) -> Self:
        """Draw n_rows rows, n_cols columns and as many factors as the width."""
        indptr, indices = even_rows(rng, n_rows, n_cols, max(1, min(n_cols // 2, 20)))
        return cls(
            {
                "target": np.full((n_rows, width), 7.0, np.float32),
                "fixed": rng.normal(0, 0.5, (n_cols, width)).astype(np.float32),
                "indptr": indptr,
                "indices": indices,
                "confidence": rng.uniform(0.5, 10, len(indices)).astype(np.float32),
            },
            {"regularization": 1.0},
        )

    def call(self, n_threads: int) -> Answer:
        """Solve for the target."""
        ops.als_half_step(**self.arrays, **self.settings, n_threads=n_threads)
        return {}

    def expected(self) -> Answer:
        """Return nothing: the minimum is checked by its gradient."""
        return {}

    def require_right(self, answer: Answer, expected: Answer, what: str) -> None:
        """Require each row to be at the minimum."""
        arrays = {name: array for name, array in self.arrays.items() if name != "target"}
        HalfStep(**arrays, **self.settings).require_minimum(answer["target"], what)


class SimilarityCase(Case):
    """Items with about a dozen neighbours each."""

    op = "item_similarity"

    @classmethod
    def make(cls, rng: np.random.Generator, n_rows: int, n_cols: int, width: int) -> Self:
        """Draw n_cols users with n_rows items; the width is the number of neighbours to keep."""
        indptr, indices = even_rows(rng, n_cols, n_rows, min(n_rows, 9))
        settings = {"n_items": n_rows, "k": max(1, width), "shrinkage": 2.0}
        return cls({"indptr": indptr, "indices": indices}, settings)

    def call(self, n_threads: int) -> Answer:
        """Look for neighbours."""
        found = ops.item_similarity(**self.arrays, **self.settings, n_threads=n_threads)
        return dict(found._asdict())


class TopKCase(Case):
    """Whole-numbered factors, whose scores are exact and often tie."""

    op = "top_k"

    @classmethod
    def make(cls, rng: np.random.Generator, n_rows: int, n_cols: int, width: int) -> Self:
        """Draw n_rows users, n_cols items and as many factors as the width; k is 9."""
        indptr, indices = even_rows(rng, n_rows, n_cols, n_cols // 3)
        shapes = {"user_factors": (n_rows, width), "item_factors": (n_cols, width)}
        drawn = {
            name: rng.integers(-3, 4, shape).astype(np.float32)
            for name, shape in {**shapes, "item_biases": (n_cols,)}.items()
        }
        return cls({**drawn, "seen_indptr": indptr, "seen_indices": indices}, {"k": 9})

    def call(self, n_threads: int) -> Answer:
        """Rank."""
        arguments = {"item_biases": None, **self.arrays, **self.settings}
        return dict(ops.top_k(**arguments, n_threads=n_threads)._asdict())

    def require_right(self, answer: Answer, expected: Answer, what: str) -> None:
        """Require the same items and equal scores."""
        require_identical(answer["items"], expected["items"], f"items {what}")
        require_close(answer["scores"], expected["scores"], 0.0, f"scores {what}")


CASES: Final[tuple[type[Case], ...]] = (
    MatmulCase,
    PlanCase,
    UpdateCase,
    HalfStepCase,
    SimilarityCase,
    TopKCase,
)


def even_rows(
    rng: np.random.Generator, n_rows: int, n_cols: int, per_row: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return (indptr, indices) of rows with per_row random columns each."""
    places = rng.random((n_rows, n_cols)).argsort(axis=1)[:, :per_row]
    seen = np.zeros((n_rows, n_cols), dtype=np.bool_)
    np.put_along_axis(seen, places, values=True, axis=1)
    return csr_of(seen)


def for_every_op(
    what: str, *, without: tuple[str, ...] = (), long: bool = False
) -> Callable[[Callable[[np.random.Generator, type[Case]], None]], tuple[Clause, ...]]:
    """Make one clause of level "engine" for each op of a function of a generator and a case type.

    The clauses are named after the op and ``what``.
    """

    def register(function: Callable[[np.random.Generator, type[Case]], None]) -> tuple[Clause, ...]:
        return tuple(
            clause(kind.op, level="engine", long=long, name=f"{kind.op}_{what}")(
                _with_kind(function, kind)
            )
            for kind in CASES
            if kind.op not in without
        )

    return register


def _with_kind(
    function: Callable[[np.random.Generator, type[Case]], None], kind: type[Case]
) -> Callable[[np.random.Generator], None]:
    def run(rng: np.random.Generator) -> None:
        function(rng, kind)

    run.__doc__, run.__module__ = function.__doc__, function.__module__
    return run
