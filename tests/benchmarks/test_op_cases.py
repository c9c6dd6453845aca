"""Every op is timed, and an op that nobody times is told of in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from op_cases import CASES, SIZES, case_of

from recsys_backends import OPS, ContractViolation, use_backend

ROOT = Path(__file__).resolve().parents[2]


def test_every_op_has_a_case() -> None:
    assert set(OPS) == set(CASES)


def test_an_op_without_a_case_is_told_of_with_what_to_do() -> None:
    with pytest.raises(LookupError, match=r"'sort'.*write a function sort\(inputs\).*CASES"):
        case_of("sort")


@pytest.mark.parametrize("op", OPS)
def test_a_case_calls_its_op(op: str) -> None:
    called = []

    class Recorder:
        order = "sequential"

        def __getattr__(self, name: str) -> object:
            if name not in OPS:
                raise AttributeError(name)
            return lambda *args, **kwargs: called.append(name) or "no answer"

    call = case_of(op)(SIZES[0])
    with use_backend(Recorder()), pytest.raises(ContractViolation, match=op):
        call()
    assert called == [op]


@pytest.mark.slow
def test_the_suite_compares_backends_within_an_op_and_a_size() -> None:
    # Among xdist's workers, and what they start, pytest-benchmark measures nothing.
    alone = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:xdist", "benchmarks/bench_ops.py"),
            *("-k", "small and matmul", "--benchmark-max-time=0.01", "--benchmark-min-rounds=1"),
        ],
        cwd=ROOT,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "benchmark 'matmul, small'" in done.stdout
    assert len([line for line in done.stdout.splitlines() if line.startswith("naive ")]) == 1
