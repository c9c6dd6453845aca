"""Judged code imports NumPy, the standard library and what its lesson allows, and no answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.judging.test_remote import remote_of
from tito.judging.remote import LearnerError, Remote

__all__ = ["remote_of"]


@pytest.mark.parametrize(
    "line",
    [
        "from recsys_backends.naive import bpr_update as f",
        "from recsys_backends import naive; f = naive.bpr_update",
        "import recsys_backends.optimized as o; f = o.bpr_update",
        "from recsys_backends.optimized._bpr import bpr_update as f",
        "import recsys_backends; f = recsys_backends.naive.bpr_update",
        "from recsys_edu.metrics import ndcg as f",
        "from recsys_edu import BPR as f",
        "import importlib; f = importlib.import_module('recsys_backends.naive.bpr').bpr_update",
        "f = __import__('recsys_backends.naive', fromlist=['x']).bpr_update",
        "from scipy.sparse import csr_matrix as f",
        "import torch as f",
        "import pandas as f",
        "from tito.course import lessons as f",
    ],
)
def test_shipped_answers_cannot_be_imported(remote_of: Callable[..., Remote], line: str) -> None:
    at_top = remote_of(f"{line}\n\ndef g():\n    return 1\n")
    with pytest.raises(LearnerError, match=r"cannot be loaded|has no attribute"):
        at_top.g()
    inside = remote_of(f"def g():\n    {line}\n    return f is None\n")
    with pytest.raises(LearnerError, match=r"cannot be imported|has no attribute"):
        inside.g()


def test_the_front_door_leads_to_no_answer_either(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of(
        "def g(a):\n    from recsys_backends.ops import matmul\n    return matmul(a, a)\n"
    )
    with pytest.raises(LearnerError, match="cannot be"):
        remote.g(np.ones((2, 2), np.float32))


def test_a_module_that_is_missing_is_not_called_masked(remote_of: Callable[..., Remote]) -> None:
    """Libraries look for optional packages by ModuleNotFoundError."""
    source = (
        "def g(name):\n    import importlib\n    try:\n        importlib.import_module(name)\n"
        "    except ModuleNotFoundError as error:\n        return str(error)\n"
    )
    remote = remote_of(source)
    assert remote.g("no_such_package") == "No module named 'no_such_package'"
    with pytest.raises(LearnerError, match="pandas cannot be imported while your code is judged"):
        remote.g("pandas")
    allowed = remote_of(source, allowed=["no-such-package", "no_such_package"])
    assert allowed.g("no_such_package") == "No module named 'no_such_package'"


def test_what_is_installed_elsewhere_on_the_path_is_masked_too(
    remote_of: Callable[..., Remote], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "answers_beside.py").write_text("answer = 1\n")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path / "beside"), os.environ.get("PYTHONPATH", "")])
    )
    remote = remote_of("def g():\n    import answers_beside\n    return answers_beside.answer\n")
    with pytest.raises(LearnerError, match="answers_beside cannot be imported"):
        remote.g()


def test_what_the_lesson_allows_can_be_imported(remote_of: Callable[..., Remote]) -> None:
    source = "from scipy.special import expit\n\ndef g(x):\n    return float(expit(x))\n"
    assert remote_of(source, allowed=["scipy"]).g(0.0) == 0.5
