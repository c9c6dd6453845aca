"""What the design promises: parity over twenty epochs, and the same bytes everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_backends import ops, optimized, use_backend
from recsys_backends.contract.als_half_step import random_half_step
from recsys_backends.contract.inputs import Factors, Rates, csr_of, plan_of, random_factors
from recsys_backends.optimized import simd

N_USERS, N_ITEMS = 120, 200
RATES: Rates = {"learning_rate": 0.05, "reg_user": 0.01, "reg_positive": 0.01, "reg_negative": 0.02}


def train(
    backend: str, n_blocks: int, epochs: int, n_factors: int, n_threads: int = 1
) -> tuple[Factors, list[float]]:
    rng = np.random.default_rng(11)
    popular = rng.random((N_USERS, N_ITEMS)) < 0.25 * rng.random(N_ITEMS)
    indptr, indices = csr_of(popular)
    factors = random_factors(rng, N_USERS, N_ITEMS, n_factors, scale=0.1)
    losses = []
    with use_backend(backend):
        for epoch in range(epochs):
            plan = ops.plan_epoch(
                indptr,
                indices,
                N_ITEMS,
                seed=3,
                epoch=epoch,
                n_blocks=n_blocks,
                n_threads=n_threads,
            )
            losses.append(factors.update(plan, RATES, n_threads).loss)
    return factors, losses


def everything(outcome: tuple[Factors, list[float]]) -> bytes:
    factors, losses = outcome
    return b"".join(array.tobytes() for array in factors.arrays().values()) + repr(losses).encode()


@pytest.mark.parametrize("n_blocks", [1, 8])
@pytest.mark.parametrize(("epochs", "tolerance"), [(1, 1e-6), (20, 1e-5)])
def test_optimized_agrees_with_naive(n_blocks: int, epochs: int, tolerance: float) -> None:
    naive, naive_losses = train("naive", n_blocks, epochs, 16)
    optimized, losses = train("optimized", n_blocks, epochs, 16)
    for name, array in optimized.arrays().items():
        assert np.abs(array - naive.arrays()[name]).max() <= tolerance, name
    np.testing.assert_allclose(losses, naive_losses, rtol=1e-6)


@pytest.mark.parametrize("n_factors", [1, 7, 16, 20, 32, 64, 100, 128])
def test_instruction_sets_give_the_same_bytes(n_factors: int) -> None:
    outcomes = {}
    for level in simd.available_levels():
        with simd.use_level(level):
            outcomes[level] = everything(train("optimized", 4, 3, n_factors))
    assert len(set(outcomes.values())) == 1, list(outcomes)


@pytest.mark.parametrize("n_factors", [16, 64])
def test_triples_taken_four_at_a_time_are_triples_taken_one_by_one(n_factors: int) -> None:
    """Few rows, so that neighbouring triples share a user or an item in every way there is."""
    rng = np.random.default_rng(5)
    for n_users, n_items in ((3, 6), (9, 9), (60, 60)):
        pairs = [rng.choice(n_items, 2, replace=False).tolist() for _ in range(400)]
        triples = [(int(rng.integers(n_users)), i, j) for i, j in pairs]
        together = random_factors(rng, n_users, n_items, n_factors)
        apart = together.copy()
        for level in simd.available_levels():
            with simd.use_level(level), use_backend("optimized"):
                together.update(plan_of(triples), RATES)
                for triple in triples:
                    apart.update(plan_of([triple]), RATES)
            for name, array in together.arrays().items():
                assert array.tobytes() == apart.arrays()[name].tobytes(), (name, level)


def test_instruction_sets_give_the_same_product() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(33, 50)).astype("f4"), rng.normal(size=(50, 45)).astype("f4")
    products = set()
    for level in simd.available_levels():
        with simd.use_level(level), use_backend("optimized"):
            products.add(ops.matmul(a, b).tobytes())
    assert len(products) == 1


@pytest.mark.parametrize("n_factors", [1, 7, 16, 33, 64, 100, 128])
def test_rows_of_als_are_the_same_bytes_for_all_instruction_sets_and_threads(
    n_factors: int,
) -> None:
    rng = np.random.default_rng(2)
    call = random_half_step(rng, 60, 90, n_factors)
    call.confidence[::7] = 1e6  # some rows go the way that is in double precision
    found = set()
    for level in simd.available_levels():
        for n_threads in (1, 2, 3):
            with simd.use_level(level), use_backend("optimized"):
                found.add(call.solve(n_threads=n_threads).tobytes())
    assert len(found) == 1


def test_what_rows_share_is_the_same_bytes_for_any_number_of_threads() -> None:
    """With so many columns, threads share that work as well."""
    call = random_half_step(np.random.default_rng(3), 8, 4000, 128)
    with use_backend("optimized"):
        found = {call.solve(n_threads=n_threads).tobytes() for n_threads in (1, 2, 3)}
    assert len(found) == 1


def test_singular_equations_are_an_error_and_not_numbers() -> None:
    """Unreachable through the front door, which knows how small λ may be."""
    call = random_half_step(np.random.default_rng(0), 3, 2, 5)
    with pytest.raises(ArithmeticError, match="singular"):
        optimized.als_half_step(
            np.zeros((3, 5), np.float32),
            call.fixed,
            call.indptr,
            call.indices,
            call.confidence,
            regularization=0.0,
        )


@pytest.mark.parametrize("backend", ["optimized", "torch"])
@pytest.mark.parametrize("n_blocks", [1, 8])
def test_threads_and_repetition_give_the_same_bytes(backend: str, n_blocks: int) -> None:
    runs = [everything(train(backend, n_blocks, 5, 24, n)) for n in (1, 2, 3, 1, 2, 3)]
    assert len(set(runs)) == 1


def test_this_machine_has_more_than_one_level_or_says_so() -> None:
    assert simd.available_levels()[0] == "portable"
    with pytest.raises(ValueError, match="'sse9' is not available here"), simd.use_level("sse9"):
        pass
