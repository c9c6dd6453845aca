"""Clauses about a learner's export: run each, and say of each whether it held.

A clause is a function ``(remote, rng)`` of a lesson's ``checkpoint.py`` or ``hidden.py``. It draws
inputs, calls the learner's functions through ``remote`` and raises ``ContractViolation``, with a
sentence about what is wrong, where an answer is not what it should be. ``OPS`` in such a file names
ops whose contract is to be kept as well.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

import numpy as np

from recsys_backends.contract import check
from recsys_backends.errors import ContractViolation
from tito.course.lessons import Lesson, LessonError
from tito.judging.remote import MAX_MESSAGE, Remote

ClauseFunction = Callable[[Remote, np.random.Generator], None]


@dataclass(frozen=True)
class Verdict:
    """Whether one clause held."""

    name: str
    passed: bool
    message: str
    """What is wrong; empty where it held."""


def load_clauses(lesson: Lesson, file: str) -> ModuleType:
    """A lesson's ``checkpoint.py`` or ``hidden.py`` as a module; LessonError where it has none.

    Each lesson's folder is a package of its own, so that its files may share helpers by
    ``from .helpers import …``.
    """
    if not (lesson.folder / file).is_file():
        raise LessonError(f"lesson {lesson.id} has no {file} here.")
    package = f"recsys_edu_lesson_{lesson.id}_{abs(hash(lesson.folder)):x}"
    if package not in sys.modules:
        spec = ModuleSpec(package, None, is_package=True)
        spec.submodule_search_locations = [str(lesson.folder)]
        sys.modules[package] = module_from_spec(spec)
    return import_module(f"{package}.{Path(file).stem}")


def functions_of(clauses: ModuleType) -> dict[str, ClauseFunction]:
    """The clauses that a file defines itself, in its order."""
    return {
        name: function
        for name, function in vars(clauses).items()
        if inspect.isfunction(function)
        and function.__module__ == clauses.__name__
        and not name.startswith("_")
        and list(inspect.signature(function).parameters) == ["remote", "rng"]
    }


def judge(clauses: ModuleType, remote: Remote, seed: int = 0) -> Iterator[Verdict]:
    """Run the contract of the ops in ``OPS``, then each clause of the file."""
    for op in getattr(clauses, "OPS", ()):
        yield from _contract_of(op, remote, seed)
    for number, (name, function) in enumerate(functions_of(clauses).items()):
        yield run_clause(name, function, remote, np.random.default_rng([seed, number]))


def run_clause(
    name: str, function: ClauseFunction, remote: Remote, rng: np.random.Generator
) -> Verdict:
    """Run one clause; whatever the learner's answers make it raise counts as not held.

    Warnings about answers that are not finite are nobody's: the clause says what is wrong.
    """
    try:
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            function(remote, rng)
    except ContractViolation as violation:
        return Verdict(name, False, str(violation)[:MAX_MESSAGE] or "it says no more.")
    except Exception as error:
        # The clause could not work with the answer: one of the wrong type or shape, most likely.
        why = f"the answer cannot be used: {type(error).__name__}: {error}"
        return Verdict(name, False, why[:MAX_MESSAGE])
    return Verdict(name, True, "")


def _contract_of(op: str, remote: Remote, seed: int) -> Iterator[Verdict]:
    try:
        remote.require_written(op)
        found = check(remote, seed=seed, ops=[op], level="lesson")
    except ContractViolation as violation:
        yield Verdict(op, False, str(violation))
        return
    for result in found:
        yield Verdict(f"{op}: {result.name}", result.passed, result.message)
