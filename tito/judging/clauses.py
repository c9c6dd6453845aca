"""Run clauses about a learner's export, and return a verdict for each.

A clause is a function ``(remote, rng)`` of a lesson's ``checkpoint.py`` or ``hidden.py``. It draws
inputs, calls the learner's functions through ``remote`` and raises ``ContractViolation``, with a
sentence about what is wrong, where an answer is not what it should be. Where all is well it may
return a finding: figures that were measured, as text. ``OPS`` in such a file names ops whose
contract is to be kept as well, and ``MEANINGS`` says of each clause of that contract, by its name,
what it is about in the lesson's words.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final

import numpy as np

from recsys_backends import contract
from recsys_backends.errors import ContractViolation
from recsys_edu.errors import RecsysError
from tito.jail.jail import JailUnavailableError
from tito.judging.failures import MAX_MESSAGE, writable
from tito.judging.remote import Remote, connection_of

_NO_ANSWER: Final = re.compile(
    r"^\w+:? (raised|is not written|had not answered|ended the process|what came back|could not be)"
    r"|^\w+ of backend '\w+' answered "
)
"""Beginnings of sentences about calls that brought no answer."""
ClauseFunction = Callable[[Remote, np.random.Generator], str | None]


class ClausesError(RecsysError, LookupError):
    """Fault of a lesson that makes judging impossible; no answer is to blame."""


@dataclass(frozen=True)
class Verdict:
    """Outcome of one clause."""

    name: str
    passed: bool
    message: str
    """Description of the fault; empty where the clause held."""
    finding: str = ""
    """Figures that a clause measured while it held; empty for most clauses."""

    def __post_init__(self) -> None:
        """Make a message, in which answers are quoted, one that can be written to a file."""
        object.__setattr__(self, "message", writable(self.message))


def load_clauses(folder: Path, file: str) -> ModuleType:
    """Return a file of a lesson's folder as a module.

    Each folder is a package of its own, so that its files may share helpers by
    ``from .helpers import …``.

    Raises:
        ClausesError: there is no such file.
    """
    if not (folder / file).is_file():
        raise ClausesError(f"lesson {folder.name} has no {file} here.")
    package = f"recsys_edu_lesson_{folder.name}_{abs(hash(folder)):x}"
    if package not in sys.modules:
        spec = ModuleSpec(package, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[package] = module_from_spec(spec)
    return import_module(f"{package}.{Path(file).stem}")


def functions_of(clauses: ModuleType) -> dict[str, ClauseFunction]:
    """Return the clauses that a file defines itself, in its order."""
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
    meanings = getattr(clauses, "MEANINGS", {})
    for op in getattr(clauses, "OPS", ()):
        yield from _contract_of(op, remote, seed, meanings)
    for name, function in functions_of(clauses).items():
        yield run_clause(name, function, remote, generator_for(name, seed))


def generator_for(name: str, seed: int) -> np.random.Generator:
    """Return the generator of a clause's inputs.

    Only the clause's name and the seed decide: clauses that are added, removed or moved beside it
    change nothing.
    """
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:16], "big")])


def run_clause(
    name: str, function: ClauseFunction, remote: Remote, rng: np.random.Generator
) -> Verdict:
    """Run one clause; anything that it raises on the learner's answers counts as not held.

    Warnings about answers that are not finite are nobody's: the clause says what is wrong.
    """
    try:
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            finding = function(remote, rng)
    except ContractViolation as violation:
        return Verdict(name, False, str(violation)[:MAX_MESSAGE] or "it says no more.")
    except (ClausesError, JailUnavailableError):
        raise  # nobody's answer is at fault
    except Exception as error:
        # The clause could not work with the answer: one of the wrong type or shape, most likely.
        why = f"the answer cannot be used: {type(error).__name__}: {error}"
        return Verdict(name, False, why[:MAX_MESSAGE])
    return Verdict(name, True, "", finding or "")


def _contract_of(
    op: str, remote: Remote, seed: int, meanings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Verdict]:
    try:
        connection_of(remote).require_written(op)
        found = contract.check(remote, seed=seed, ops=[op], level="lesson")
    except ContractViolation as violation:
        yield Verdict(op, False, str(violation))
        return
    for result in found:
        message = "" if result.passed else in_the_lessons_words(result, meanings)
        yield Verdict(f"{op}: {result.name}", result.passed, message)


def in_the_lessons_words(
    result: contract.ClauseResult, meanings: Mapping[str, str], between: str = "\n"
) -> str:
    """Return the lesson's sentence about a clause that failed, and the contract's after it.

    An op that raised an error, or whose answer could not be read, has not been asked what the
    clause is about: there the contract's sentence stands alone.
    """
    if _NO_ANSWER.search(result.message) or result.name not in meanings:
        return result.message
    return f"{meanings[result.name]}{between}(In the contract's words: {result.message})"
