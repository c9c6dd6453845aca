"""What is particular to the torch backend: batches, ties at the edge of a list, devices."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recsys_backends import ops, use_backend
from recsys_backends.contract.inputs import csr_of, random_factors
from recsys_backends.torch import device


def test_batched_training_learns_what_sequential_training_learns() -> None:
    rng = np.random.default_rng(5)
    taste = rng.normal(size=(150, 3)) @ rng.normal(size=(3, 120))
    indptr, indices = csr_of(taste > 2.0)
    losses = {}
    for name in ("optimized", "torch"):
        factors = random_factors(np.random.default_rng(0), 150, 120, 16, scale=0.1)
        with use_backend(name):
            for epoch in range(30):
                plan = ops.plan_epoch(indptr, indices, 120, seed=0, epoch=epoch)
                result = factors.update(
                    plan,
                    {
                        "learning_rate": 0.05,
                        "reg_user": 0.01,
                        "reg_positive": 0.01,
                        "reg_negative": 0.01,
                    },
                )
        losses[name] = result.loss / result.n_updated
    assert losses["optimized"] < 0.3
    assert losses["torch"] == pytest.approx(losses["optimized"], rel=0.15)


def test_limit_on_threads_is_undone() -> None:
    before = torch.get_num_threads()
    with device.limited_to(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_running_out_of_memory_is_a_memory_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(MemoryError, match="out of memory in torch on"), device.limited_to(1):
        torch.empty(1 << 50, dtype=torch.uint8)  # more than there are addresses
    assert torch.get_num_threads() == before
    with pytest.raises(RuntimeError, match="shape"), device.limited_to(1):
        torch.ones(2, 3) @ torch.ones(2, 3)


def test_environment_chooses_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_EDU_TORCH_DEVICE", "cpu")
    assert device.device() == torch.device("cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")
def test_gpu_keeps_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    from recsys_backends.contract import check

    monkeypatch.setenv("RECSYS_EDU_TORCH_DEVICE", "cuda")
    # Atomic additions on a GPU come in any order: repeated bytes are the one thing not promised.
    failed = {result.name for result in check("torch") if not result.passed}
    assert failed <= {"same_bytes_for_any_number_of_threads"}
