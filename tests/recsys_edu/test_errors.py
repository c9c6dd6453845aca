"""Errors: one base class of all that the three packages raise, and one check of whole numbers."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import recsys_backends
import recsys_edu
import tito
from recsys_backends.errors import BackendError, InvalidArgumentError
from recsys_backends.whole_numbers import whole_number
from recsys_edu.errors import InvalidParameterError, RecsysError

PACKAGES = (recsys_backends, recsys_edu, tito)


def bases_by_class() -> dict[str, set[str]]:
    """Names of the base classes of every class of the three packages, from their sources."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    names = {ast.unparse(base).split(".")[-1] for base in node.bases}
                    found.setdefault(node.name, set()).update(names)
    return found


def ancestors(name: str, bases: dict[str, set[str]]) -> set[str]:
    parents = bases.get(name, set()) - {name}
    return parents.union(*(ancestors(parent, bases) for parent in parents))


def is_builtin_error(name: str) -> bool:
    kind = getattr(__builtins__, name, None) or dict(vars(__import__("builtins"))).get(name)
    return isinstance(kind, type) and issubclass(kind, BaseException)


def test_every_error_of_the_three_packages_has_the_one_base_class() -> None:
    bases = bases_by_class()
    errors = {
        name
        for name in bases
        if any(is_builtin_error(other) for other in ancestors(name, bases)) or name == "RecsysError"
    }
    assert {"DataError", "BackendError", "JailUnavailableError", "FrameError"} <= errors
    strangers = [
        name
        for name in sorted(errors - {"RecsysError"})
        if "RecsysError" not in ancestors(name, bases)
    ]
    assert strangers == []


def test_there_is_one_base_class_under_all_its_names() -> None:
    assert recsys_edu.RecsysError is recsys_backends.RecsysError is RecsysError
    assert issubclass(BackendError, RecsysError)


@pytest.mark.parametrize("good", [0, 7, np.int64(3), np.uint8(5)])
def test_whole_numbers_of_python_and_numpy_are_taken(good: int) -> None:
    found = whole_number("n", good, 0, 10)
    assert type(found) is int
    assert found == good


@pytest.mark.parametrize("bad", [True, np.True_, 1.0, "1", None, [1], np.float32(2)])
def test_everything_else_is_no_whole_number(bad: object) -> None:
    with pytest.raises(InvalidArgumentError, match="n must be a whole number, not"):
        whole_number("n", bad, 0, 10)


@pytest.mark.parametrize(("value", "high"), [(-1, 10), (11, 10), (-1, None), (2**70, 2**64)])
def test_limits_are_named_and_the_class_of_the_error_is_the_callers(
    value: int, high: int | None
) -> None:
    with pytest.raises(InvalidParameterError, match=f"n must be a whole number .*, not {value}"):
        whole_number("n", value, 0, high, error=InvalidParameterError)


def test_the_check_of_whole_numbers_stands_once() -> None:
    """``isinstance(value, (int, np.integer))`` by hand is how the copies began."""
    copies = [
        path
        for package in (recsys_backends, recsys_edu)
        for path in Path(package.__path__[0]).rglob("*.py")
        if "(int, np.integer)" in path.read_text(encoding="utf-8")
        and path.name != "whole_numbers.py"
    ]
    assert [path.name for path in copies] == []
