"""A remote is a backend: its order, tiles and samplers, and arrays that it changes in place."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys_backends import (
    AdaptiveSampler,
    ContractViolation,
    UniformSampler,
    WeightedSampler,
    use_backend,
)
from recsys_backends.contract import check, hold
from recsys_backends.protocol import MUTATES, OPS, ComputeBackend
from tests.judging.test_remote import remote_of
from tito.judging.remote import LearnerError, Remote, connection_of

__all__ = ["remote_of"]


def test_what_a_backend_can_do_is_said_where_its_remote_is_made(
    remote_of: Callable[..., Remote],
) -> None:
    remote = remote_of("", order="batched", tiles=True, samplers=(UniformSampler, WeightedSampler))
    with use_backend(remote) as backend:
        assert (backend.order, backend.tiles) == ("batched", True)
        assert backend.draws_by(WeightedSampler)
        assert not backend.draws_by(AdaptiveSampler)


def test_only_what_the_protocol_names_may_be_changed_in_place(
    remote_of: Callable[..., Remote], tmp_path: Path
) -> None:
    """By position, by keyword, and through the probe, for functions named as an op is."""
    probe = tmp_path / "probe.py"
    spoil = "    for array in [*args, *named.values()]:\n        array[:] = 7\n"
    probe.write_text(f"def als_half_step(learner, *args, **named):\n{spoil}")
    source = f"def als_half_step(*args, **named):\n{spoil}"
    remote = remote_of(source, probe=probe)
    for call in (remote.als_half_step, remote.probe.als_half_step):
        mine, read = np.zeros(2), np.zeros(3)
        call(mine)
        call(target=mine[:1])
        assert mine.tolist() == [7, 7]
        with pytest.raises(LearnerError, match="als_half_step changed an array"):
            call(np.zeros(2), read)
        with pytest.raises(LearnerError, match="als_half_step changed an array"):
            call(fixed=read, target=np.zeros(2))
        assert not read.any()


def test_the_protocol_names_arguments_of_its_own() -> None:
    assert set(MUTATES) <= set(OPS)
    for op, names in MUTATES.items():
        assert set(names) <= set(inspect.signature(getattr(ComputeBackend, op)).parameters), op


def test_a_remote_is_a_backend_for_the_contract(remote_of: Callable[..., Remote]) -> None:
    right = "def matmul(a, b):\n    return a @ b\n"
    results = check(remote_of(right), ops=["matmul"])
    assert [result.name for result in results if not result.passed] == []
    wrong = check(remote_of(right.replace("a @ b", "(a @ b) * 2")), ops=["matmul"])
    assert any(not result.passed for result in wrong)


def test_a_contract_of_one_op_leaves_no_word_about_the_others(
    remote_of: Callable[..., Remote],
) -> None:
    """A mark's sentence comes from the last failure: ops that nobody asks for are none."""
    remote = remote_of("def matmul(a, b):\n    return a @ b + 1\n")
    with pytest.raises(ContractViolation):
        hold(remote, "matmul", np.random.default_rng(0))
    assert connection_of(remote).failure is None
