"""Clauses are run as they are written, and helpers beside them are not."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest

from recsys_backends.contract.clause import require
from recsys_backends.errors import ContractViolation
from tito.judging.clauses import functions_of, generator_for, judge, run_clause
from tito.judging.remote import Remote

NOBODY = cast(Remote, None)


def clause(remote: Any, rng: Any) -> None:
    """A clause."""


def _helper(remote: Any, rng: Any) -> None:
    """What several clauses share."""


def with_settings(remote: Any, rng: Any, seed: int = 0) -> None:
    """Not called as a clause is."""


def test_clauses_are_told_from_helpers() -> None:
    module = ModuleType(__name__)
    vars(module).update(clause=clause, _helper=_helper, with_settings=with_settings, r=run_clause)
    assert functions_of(module) == {"clause": clause}


def test_inputs_are_drawn_by_name_and_not_by_place() -> None:
    drawn = generator_for("test_bpr_update", 3).integers(2**62)
    assert drawn == generator_for("test_bpr_update", 3).integers(2**62)
    others = [generator_for("test_als", 3), generator_for("test_bpr_update", 4)]
    assert drawn not in [other.integers(2**62) for other in others]
    seen: dict[str, list[int]] = {}
    for names in (("first", "second"), ("second", "third", "first")):
        module = ModuleType("clauses")
        for name in names:
            function = _draws(name, seen)
            function.__module__ = "clauses"
            setattr(module, name, function)
        assert all(verdict.passed for verdict in judge(module, NOBODY, seed=5))
    assert seen["first"][0] == seen["first"][1] != seen["second"][0] == seen["second"][1]


def _draws(name: str, seen: dict[str, list[int]]) -> Any:
    def clause(remote: Any, rng: Any) -> None:
        seen.setdefault(name, []).append(int(rng.integers(2**62)))

    return clause


def test_warnings_about_an_answer_do_not_decide() -> None:
    """Tests turn warnings into errors, as PYTHONWARNINGS may do for learners."""

    def holds(remote: Any, rng: Any) -> None:
        warnings.warn("nobody's", stacklevel=1)
        require(bool(np.isnan(np.float64("inf") - np.float64("inf"))), "it is a number.")

    assert run_clause("holds", holds, NOBODY, np.random.default_rng(0)).passed


def test_an_answer_that_is_not_a_number_passes_nothing() -> None:
    def close(remote: Any, rng: Any) -> None:
        require(abs(np.float64("nan") - 1) <= 1e-6, "it is far from 1.")

    verdict = run_clause("close", close, NOBODY, np.random.default_rng(0))
    assert (verdict.passed, verdict.message) == (False, "it is far from 1.")


SURROGATES = """\
def raises():
    raise ValueError("bad \\ud800 text")

def returns():
    return "\\ud800"
"""


@pytest.mark.parametrize("name", ["raises", "returns"])
def test_a_message_about_text_that_no_file_takes_can_be_written(tmp_path: Path, name: str) -> None:
    module = tmp_path / "answers.py"
    module.write_text(SURROGATES, encoding="utf-8")

    def clause(remote: Any, rng: Any) -> None:
        raise ContractViolation(f"it says {getattr(remote, name)()}.")

    with Remote(module) as remote:
        verdict = run_clause("clause", clause, remote, np.random.default_rng(0))
    assert "?" in verdict.message
    (tmp_path / "page.txt").write_text(verdict.message, encoding="utf-8")
