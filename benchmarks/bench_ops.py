"""Every op on every backend, one thread, in a table for each op and size.

    make bench-ops [BENCH="-k top_k"]

These are single calls, front door included; whole fits are compared by speed.py and peers.py.
"""

from __future__ import annotations

import pytest
from op_cases import SIZES, Inputs, case_of
from pytest_benchmark.fixture import BenchmarkFixture

from recsys_backends import OPS, available_backends, use_backend

BACKENDS = [info.name for info in available_backends() if info.available]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("inputs", SIZES, ids=lambda size: size.name)
@pytest.mark.parametrize("op", OPS)
def test_op(benchmark: BenchmarkFixture, op: str, inputs: Inputs, backend: str) -> None:
    with use_backend("naive"):  # whatever has to be computed first is the same for all
        call = case_of(op)(inputs)
    benchmark.group = f"{op}, {inputs.name}"
    benchmark.name = backend
    with use_backend(backend) as engine:
        if not engine.has(op):
            pytest.skip(f"{backend} has no {op}")
        benchmark(call)
