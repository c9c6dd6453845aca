"""Tensors cross as arrays; what NumPy cannot hold, and what only looks like a tensor, does not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from tito.judging.failures import Failure
from tito.judging.remote import LearnerError, Remote, connection_of
from tito.wire.frames import read_frame, write_frame
from tito.wire.tensors import array_of_tensor

torch = pytest.importorskip("torch", reason="the extra 'torch' is not installed")


def crossed(value: object) -> object:
    stream = io.BytesIO()
    write_frame(stream, value)
    stream.seek(0)
    return read_frame(stream)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6).reshape(2, 3),
        torch.ones(3, dtype=torch.float16),
        torch.ones(2, requires_grad=True) * 3,
        torch.nn.Parameter(torch.ones(2)),
        torch.arange(6.0).reshape(2, 3).T,
        torch.tensor(2.5),
        torch.empty(0, 3),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([True, False]),
    ],
    ids=str,
)
def test_a_tensor_crosses_as_the_array_that_it_is_equal_to(tensor: torch.Tensor) -> None:
    (found,) = crossed([tensor])  # type: ignore[misc]
    expected = tensor.detach().resolve_conj().numpy()
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


class Posing(torch.Tensor):
    """A subclass whose methods are its own."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return np.full(1, 7.0)

    def numpy(self):
        return np.full(1, 7.0)


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(2, device="meta"),
        torch.ones(2, dtype=torch.bfloat16),
        torch.eye(2).to_sparse(),
        torch.ones(2).as_subclass(Posing),
        object(),
        None,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_tensor_has_no_array(value: object) -> None:
    assert array_of_tensor(value) is None


HOSTILE = """\
import numpy as np
import torch
from torch.overrides import TorchFunctionMode

class Posing(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return np.full(1, 7.0)

    @property
    def __class__(self):
        return torch.Tensor

class Mode(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        raise RuntimeError("under my mode nothing works")

def posing():
    return torch.ones(1).as_subclass(Posing)

def meta():
    return torch.ones(1, device="meta")

def under_a_mode():
    answer = torch.ones(1)
    Mode().__enter__()
    return answer

def replaced():
    torch.Tensor.numpy = lambda self: np.full(1, 7.0).view(type("A", (np.ndarray,), {}))
    return torch.ones(1)

def right():
    return {"scores": [torch.ones(2)], "n": torch.tensor(3)}
"""


@pytest.mark.parametrize("name", ["posing", "meta", "under_a_mode", "replaced"])
def test_a_hostile_tensor_is_no_data(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.py"
    path.write_text(HOSTILE, encoding="utf-8")
    with Remote(path, allowed=["torch"], seconds=120.0) as remote:
        with pytest.raises(LearnerError, match="is not plain data"):
            getattr(remote, name)()
        assert connection_of(remote).failure is Failure.NO_DATA


def test_tensors_inside_of_an_answer_cross_too(tmp_path: Path) -> None:
    path = tmp_path / "right.py"
    path.write_text(HOSTILE, encoding="utf-8")
    with Remote(path, allowed=["torch"], seconds=120.0) as remote:
        found = remote.right()
    assert found["scores"][0].tolist() == [1.0, 1.0]
    assert int(found["n"]) == 3
