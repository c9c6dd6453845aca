"""Clauses of ``als_half_step``: what its answer is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_close
from recsys_backends.contract.inputs import csr_of, random_interactions

_RESIDUAL = 1e-4  # what the protocol promises, of ‖b‖
_SINGLE = 2e-7  # what rounding to float32 may do, of ‖A‖ ‖x‖ and of the terms that add up to b


@dataclass
class HalfStep:
    """The arguments of one call."""

    fixed: NDArray[np.float32]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    confidence: NDArray[np.float32]
    regularization: float = 0.1

    def solve(
        self, target: NDArray[np.float32] | None = None, n_threads: int = 1
    ) -> NDArray[np.float32]:
        """The answer of the backend in use, written over ``target``; at first it holds ones."""
        if target is None:
            target = np.ones((len(self.indptr) - 1, self.fixed.shape[1]), dtype=np.float32)
        ops.als_half_step(
            target,
            self.fixed,
            self.indptr,
            self.indices,
            self.confidence,
            regularization=self.regularization,
            n_threads=n_threads,
        )
        return target

    def objective(self, target: NDArray[np.float32]) -> float:
        """Σ c (p − x · y)² + λ ‖x‖² over every pair, written out in full."""
        wanted, weights = self._dense()
        x, y = target.astype(np.float64), self.fixed.astype(np.float64)
        errors = weights * (wanted - x @ y.T) ** 2
        return float(errors.sum() + self.regularization * (x**2).sum())

    def require_minimum(self, target: NDArray[np.float32], what: str) -> None:
        """The gradient of the objective, A x − b, vanishes in each row."""
        wanted, weights = self._dense()
        x, y = target.astype(np.float64), self.fixed.astype(np.float64)
        left = (weights * (x @ y.T - wanted)) @ y + self.regularization * x
        right = np.linalg.norm((weights * wanted) @ y, axis=1)
        largest = weights @ (y**2).sum(axis=1) + self.regularization  # at least ‖A‖
        terms = np.linalg.norm((weights * wanted) @ abs(y), axis=1)  # far above ‖b‖ if they cancel
        allowed = _RESIDUAL * right + _SINGLE * (largest * np.linalg.norm(x, axis=1) + terms)
        found = np.linalg.norm(left, axis=1)
        wrong = ~(found <= allowed)
        if wrong.any():
            row = int(np.argmax(wrong))
            n = int(np.diff(self.indptr)[row])
            require(
                False,
                f"{what}: row {row}, with {n} interactions, is not at the minimum: ‖A x − b‖ is "
                f"{found[row] / right[row] if right[row] else np.inf:.3g} of ‖b‖.",
            )

    def _dense(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """p and c of every pair."""
        shape = len(self.indptr) - 1, len(self.fixed)
        rows = np.repeat(np.arange(shape[0]), np.diff(self.indptr))
        wanted, weights = np.zeros(shape), np.ones(shape)
        wanted[rows, self.indices] = 1.0
        weights[rows, self.indices] = self.confidence
        return wanted, weights


def random_half_step(
    rng: np.random.Generator,
    n_rows: int = 12,
    n_cols: int = 30,
    n_factors: int = 8,
    confidences: tuple[float, float] = (1.0, 20.0),
) -> HalfStep:
    """Normal factors; the first row has no interaction, the last has all."""
    indptr, indices = random_interactions(rng, n_rows, n_cols, 0.3)
    return HalfStep(
        rng.normal(0.0, 0.5, (n_cols, n_factors)).astype(np.float32),
        indptr,
        indices,
        rng.uniform(*confidences, len(indices)).astype(np.float32),
    )


@clause("als_half_step")
def a_hand_worked_half_step(rng: np.random.Generator) -> None:
    """One factor, so that each row is a division: x = Σ c y / (Σ y² + λ + Σ (c − 1) y²)."""
    call = HalfStep(
        np.array([[1.0], [2.0]], dtype=np.float32),
        *csr_of(np.array([[True, False], [False, True], [True, True], [False, False]])),
        np.array([3.0, 0.5, 1.0, 2.0], dtype=np.float32),
        regularization=1.0,
    )
    # 3·1 / (5 + 1 + 2·1),  0.5·2 / (5 + 1 − 0.5·4),  (1·1 + 2·2) / (5 + 1 + 0 + 1·4),  0 / 6
    require_close(call.solve(), [[3 / 8], [1 / 4], [1 / 2], [0.0]], 5e-5, "the rows")


@clause("als_half_step")
def rows_are_at_the_minimum(rng: np.random.Generator) -> None:
    """The gradient vanishes: many shapes, more factors than columns, rows of nothing and of all."""
    for n_rows, n_cols, n_factors in (
        *((1, 1, 1), (5, 7, 3), (40, 60, 16), (30, 20, 33), (20, 90, 37), (9, 12, 64)),
        *((6, 150, 70), (5, 40, 130)),
    ):
        call = random_half_step(rng, n_rows, n_cols, n_factors)
        call.require_minimum(call.solve(), f"{n_rows} rows, {n_cols} columns, {n_factors} factors")


@clause("als_half_step")
def unobserved_pairs_count(rng: np.random.Generator) -> None:
    """One of two equal columns is observed: the score lies halfway between 1 and 0."""
    call = HalfStep(
        np.array([[3.0, 4.0], [3.0, 4.0]], dtype=np.float32),
        *csr_of(np.array([[True, False]])),
        np.ones(1, dtype=np.float32),
        regularization=1e-6,
    )
    score = float(call.solve()[0] @ call.fixed[0])
    require(
        abs(score - 0.5) < 1e-3,
        f"x · y is {score:.4g} where half is right; do pairs without an interaction, p = 0 and "
        "c = 1, take part?",
    )


@clause("als_half_step")
def regularization_is_lambda_once(rng: np.random.Generator) -> None:
    """λ is added as it is: not doubled, not scaled by how many interactions a row has."""
    for regularization in (1e-3, 1.0, 1e3, 1e6):
        call = random_half_step(rng)
        call.regularization = regularization
        call.require_minimum(call.solve(), f"regularization {regularization:g}")


@clause("als_half_step")
def confidence_may_be_below_one(rng: np.random.Generator) -> None:
    """Down to 0, which takes the pair out of the sum altogether."""
    call = random_half_step(rng, confidences=(0.0, 1.0))
    call.require_minimum(call.solve(), "confidences below 1")
    nothing = random_half_step(rng, n_rows=4, n_cols=9, n_factors=3)
    nothing.confidence[:] = 0.0
    require_close(nothing.solve(), np.zeros((4, 3)), 0.0, "rows whose confidences are all 0")
    call = random_half_step(rng, n_rows=2, n_cols=6, n_factors=4)  # the last row has all columns
    call.confidence[-1] = 0.0
    without = HalfStep(
        call.fixed[:-1].copy(), call.indptr.copy(), call.indices[:-1], call.confidence[:-1]
    )
    without.indptr[-1] -= 1
    answer = without.solve()
    answer[1] = call.solve()[1]
    without.require_minimum(answer, "a pair of confidence 0, judged without its column")


@clause("als_half_step")
def large_confidences_are_solved(rng: np.random.Generator) -> None:
    """A million for some pairs, one for others: ill-conditioned, and as exact."""
    for n_factors in (4, 40):
        call = random_half_step(rng, 10, 30, n_factors)
        call.confidence[rng.random(len(call.confidence)) < 0.5] = 1e6
        call.require_minimum(call.solve(), "confidences of a million")


@clause("als_half_step")
def equations_that_lose_their_weight_are_solved(rng: np.random.Generator) -> None:
    """Columns far longer than λ, taken out by confidence 0: what is left is tiny, and decides."""
    call = random_half_step(rng, 6, 12, 4)
    call.fixed[3] = [12345.0, -2345.0, 54321.0, 321.0]
    seen = np.zeros((6, 12), dtype=np.bool_)
    seen[:, 3] = seen[:, 5] = True
    call.indptr, call.indices = csr_of(seen)
    call.confidence = np.tile(np.array([0.0, 3.0], dtype=np.float32), 6)
    call.regularization = 0.01
    call.require_minimum(call.solve(), "a long column of confidence 0")


@clause("als_half_step")
def large_and_small_factors_are_solved(rng: np.random.Generator) -> None:
    """Squares beyond float32 at either end."""
    for scale, regularization in ((1e-25, 1e-20), (1e-12, 1e-22), (1e12, 1e25), (1e20, 1e37)):
        call = random_half_step(rng)
        call.fixed *= np.float32(scale)
        call.regularization = regularization
        call.require_minimum(call.solve(), f"factors of {scale:g}, regularization {regularization}")


@clause("als_half_step")
def long_rows_are_exact(rng: np.random.Generator) -> None:
    """Thousands of interactions in a row; sums keep their accuracy, and no piece is lost."""
    seen = rng.random((4, 9001)) < 0.6
    seen[0] = True
    seen[1, 17:] = False
    call = HalfStep(
        rng.normal(0.2, 0.5, (9001, 24)).astype(np.float32),
        *csr_of(seen),
        rng.uniform(1, 10, int(seen.sum())).astype(np.float32),
        regularization=5.0,
    )
    call.require_minimum(call.solve(), "rows of thousands")


@clause("als_half_step")
def the_objective_never_rises(rng: np.random.Generator) -> None:
    """The answer is no worse than what was there, which other solutions and chance have left."""
    call = random_half_step(rng, 20, 25, 6)
    other = random_half_step(rng, 20, 25, 6)
    for before in (
        rng.normal(0.0, 0.5, (20, 6)).astype(np.float32),
        other.solve(),
        np.zeros((20, 6), np.float32),
    ):
        worst = call.objective(before)
        after = call.objective(call.solve(before.copy()))
        require(
            after <= worst * (1 + 1e-6),
            f"Σ c (p − x · y)² + λ ‖x‖² rises from {worst:.6g} to {after:.6g}.",
        )
