"""Right backends that were written from the protocol pass; the one in C is broken by macros."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import pytest

from recsys_backends import ContractViolation
from recsys_backends.contract import CLAUSES, check
from tests.contract.broken_in_c import BROKEN_IN_C, BrokenInC
from tests.contract.broken_kernel import BrokenTwin
from tests.contract.twins import c_engine, numpy_engine

RUNS = 3
by_name = {clause.name: clause for clause in CLAUSES}


@pytest.fixture(scope="module")
def c_twin(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., SimpleNamespace]:
    """Builds the twin in C with macros, each set of them once."""
    if c_engine.compiler() is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("twins")
    return cache(lambda *macros: c_engine.engine(c_engine.build(folder, *macros)))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("op", ["matmul", "plan_epoch", "bpr_update", "als_half_step", "top_k"])
def test_twin_in_numpy_passes(op: str) -> None:
    assert [result for result in check(numpy_engine, ops=[op]) if not result.passed] == []


@pytest.mark.parametrize("op", ["matmul", "bpr_update", "item_similarity", "top_k"])
def test_twin_in_c_passes(op: str, c_twin: Callable[..., SimpleNamespace]) -> None:
    assert [result for result in check(c_twin(), ops=[op]) if not result.passed] == []


@pytest.mark.parametrize("op", ["matmul", "bpr_update", "als_half_step", "top_k"])
def test_twin_in_numba_passes(op: str) -> None:
    if importlib.util.find_spec("numba") is None:
        pytest.skip("numba is not installed")
    from tests.contract.twins import numba_engine

    assert [result for result in check(numba_engine, ops=[op]) if not result.passed] == []


@pytest.mark.parametrize("broken", BROKEN_IN_C, ids=lambda b: f"{b.macro}-{b.caught_by}")
def test_broken_twin_in_c_is_caught_in_every_run(
    broken: BrokenInC, c_twin: Callable[..., SimpleNamespace]
) -> None:
    backend, clause = c_twin(broken.macro), by_name[broken.caught_by]
    for seed in range(RUNS):
        with pytest.raises(ContractViolation):
            clause(backend, clause.rng(seed))


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN_IN_C, ids=lambda b: f"{b.macro}-{b.caught_by}")
def test_broken_twin_in_c_is_caught_in_twenty_of_twenty_runs(
    broken: BrokenInC, c_twin: Callable[..., SimpleNamespace]
) -> None:
    backend, clause = c_twin(broken.macro), by_name[broken.caught_by]
    for seed in range(20):
        with pytest.raises(ContractViolation):
            clause(backend, clause.rng(seed))


@pytest.mark.parametrize(
    ("before", "after", "caught_by"),
    [
        ("_BATCH: Final = 512", "_BATCH: Final = 10**9", "an_epoch_learns_more_than_popularity"),
        (
            "(learning_rate * step)",
            "(learning_rate / len(batch) * step)",
            "an_epoch_learns_more_than_popularity",
        ),
        ("np.add.at(array, rows_of, ", "array.__setitem__(rows_of, array[rows_of] + ",
         "steps_of_one_row_add_up"),
    ],
    ids=["one batch an epoch", "mean of a batch", "last step of a row wins"],
)  # fmt: skip
def test_batches_that_do_not_learn_are_caught(before: str, after: str, caught_by: str) -> None:
    backend = BrokenTwin("numpy-twin", before, after).backend()
    clause = by_name[caught_by]
    for seed in range(RUNS):
        with pytest.raises(ContractViolation):
            clause(backend, clause.rng(seed))
