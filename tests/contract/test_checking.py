"""Level, order, seeds and version of a check."""

from __future__ import annotations

import importlib
import pkgutil
from types import SimpleNamespace

import numpy as np
import pytest

from recsys_backends import ContractViolation, InvalidArgumentError, contract, naive
from recsys_backends.contract import CLAUSES, VERSION, catalogue, check, hold
from recsys_backends.contract.clause import Clause, clauses_of
from tests.contract.broken_kernels import BROKEN_KERNELS
from tests.contract.broken_updates import BROKEN_UPDATES


def test_every_clause_that_a_file_defines_is_in_the_catalogue() -> None:
    names = [info.name for info in pkgutil.iter_modules(contract.__path__)]
    modules = [importlib.import_module(f"{contract.__name__}.{name}") for name in names]
    defined = [clause.name for module in modules for clause in clauses_of(module)]
    assert sorted(defined) == sorted(clause.name for clause in CLAUSES)
    assert len(catalogue.SIMPLE_TO_SUBTLE) == len(set(catalogue.SIMPLE_TO_SUBTLE))


def test_levels_nest_and_quick_leaves_out_what_takes_long() -> None:
    def names(**how: object) -> list[str]:
        return [result.name for result in check("optimized", ops=["matmul", "top_k"], **how)]

    engine, lesson, quick = names(), names(level="lesson"), names(quick=True)
    assert set(lesson) < set(engine)
    assert set(quick) < set(engine)
    long = {clause.name for clause in CLAUSES if clause.long}
    assert set(engine) - set(quick) == set(engine) & long
    with pytest.raises(InvalidArgumentError, match="level must be one of lesson, engine"):
        check("naive", level="kernel")  # type: ignore[arg-type]


def test_inputs_are_seeded_by_name_and_not_by_place() -> None:
    clause = CLAUSES[0]
    same = Clause(clause.name, "matmul", clause.orders, clause.function)
    other = Clause("another", "matmul", clause.orders, clause.function)
    draws = [item.rng(7).integers(2**63) for item in (clause, same, other)]
    assert draws[0] == draws[1] != draws[2]
    assert clause.rng(8).integers(2**63) != draws[0]


def test_results_come_from_simple_to_subtle_within_each_op() -> None:
    names = [result.name for result in check("naive", ops=["bpr_update"], level="lesson")]
    assert names[:3] == [
        "every_step_goes_downhill",
        "a_hand_worked_step",
        "step_follows_the_gradient",
    ]
    assert names.index("sigmoid_is_exact_everywhere") > names.index("triples_apply_in_order")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong_sign_for_the_negative", "goes up the gradient"),
        ("stale_user_row", "overwritten"),
        ("last_triple_left_out", "did not move"),
    ],
)
def test_the_first_failure_names_the_mistake(name: str, words: str) -> None:
    (broken,) = [broken for broken in BROKEN_UPDATES if broken.name == name]
    with pytest.raises(ContractViolation) as caught:
        hold(broken.backend(), "bpr_update", np.random.default_rng(0))
    assert words in str(caught.value)


def test_hold_runs_clauses_of_lessons_only() -> None:
    beyond_lessons = {clause.name for clause in CLAUSES if clause.level == "engine"}
    (broken,) = [b for b in BROKEN_KERNELS if b.name == "multiplies_128_rows_at_most"]
    assert broken.caught_by in beyond_lessons
    hold(broken.backend(), "matmul", np.random.default_rng(0))
    with pytest.raises(ContractViolation):
        hold(broken.backend(), "matmul", np.random.default_rng(0), level="engine")


def test_the_version_is_a_number_that_counts_up() -> None:
    assert isinstance(VERSION, int)
    assert VERSION >= 2


def test_an_unusable_op_is_reported_even_if_no_clause_is_left_for_it() -> None:
    results = check(SimpleNamespace(matmul=lambda: None, order=naive.order), quick=True)
    assert [result.name for result in results] == ["every_op_has_its_signature"]
