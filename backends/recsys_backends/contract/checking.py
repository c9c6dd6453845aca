"""Running the clauses of the contract against a backend."""

from __future__ import annotations

import contextlib
import difflib
import inspect
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import get_args

import numpy as np

from recsys_backends.contract.catalogue import CLAUSES
from recsys_backends.contract.clause import Clause, Level, require
from recsys_backends.errors import ContractViolation, InvalidArgumentError
from recsys_backends.protocol import OPS, ComputeBackend
from recsys_backends.registry import Backend, use_backend


@dataclass(frozen=True)
class ClauseResult:
    """Outcome of one clause for one backend."""

    name: str
    op: str
    passed: bool
    message: str
    """Description of the mistake; empty where the clause passed."""


def check(
    backend: str | object,
    *,
    seed: int = 0,
    ops: Iterable[str] | None = None,
    level: Level = "engine",
    quick: bool = False,
) -> list[ClauseResult]:
    """Run every clause that applies to a backend, from simple to subtle within each op.

    Args:
        backend: a name, or any object with ops.
        seed: seed of the inputs that the clauses draw; each clause adds its own name.
        ops: the ops to look at; all that the backend has, by default.
        level: "engine" for all clauses; "lesson" for those about a learner's export.
        quick: leave out clauses that take long, such as those about races and large data.

    Any exception counts as a failure of the clause in which it was raised.

    Raises:
        InvalidArgumentError: the level is unknown, or the backend has none of the ops.
    """
    return list(each_result(backend, seed, None if ops is None else set(ops), level, quick))


def hold(
    backend: str | object,
    op: str,
    rng: np.random.Generator,
    level: Level = "lesson",
    tell: Callable[[ClauseResult], str] = attrgetter("message"),
) -> None:
    """Raise ContractViolation for the first clause of an op that a backend does not keep.

    Its message is what ``tell`` makes of the result of that clause.
    """
    found = each_result(backend, int(rng.integers(2**63)), {op}, level, False)
    with contextlib.closing(found) as results:
        for result in results:
            require(result.passed, tell(result))


def each_result(
    backend: str | object, seed: int, wanted: set[str] | None, level: Level, quick: bool
) -> Generator[ClauseResult]:
    """Yield the findings of ``check``, one clause after the other; arguments as there."""
    if level not in get_args(Level):
        known = ", ".join(get_args(Level))
        raise InvalidArgumentError(f"level must be one of {known}, not {level!r}.")
    with use_backend(backend) as chosen:
        # Ops that nobody asks for are not even looked up: a judged backend notes what it lacks.
        looked_at = [op for op in OPS if wanted is None or op in wanted]
        refused = _refusals(chosen, looked_at)
        yield from refused
        unusable, n_found = {result.op for result in refused}, len(refused)
        for item in CLAUSES:
            if item.op not in looked_at or not item.applies_to(chosen):
                continue
            n_found += 1
            if item.op not in unusable and item.belongs_to(level, quick=quick):
                yield _run(item, chosen, item.rng(seed))
    if not n_found:
        raise InvalidArgumentError(
            f"backend {chosen.name!r} has none of the ops {', '.join(sorted(wanted or OPS))}, so "
            "there is nothing to check."
        )


def _refusals(backend: Backend, looked_at: list[str]) -> list[ClauseResult]:
    """List those of some ops that cannot be called as the protocol says or are misspelt."""
    found = []
    for op in looked_at:
        if not backend.has(op):
            close = difflib.get_close_matches(op, dir(backend.implementation), n=1, cutoff=0.85)
            if close and callable(getattr(backend.implementation, close[0])):
                message = f"there is no {op}, but a {close[0]}; is it misspelt?"
                found.append(ClauseResult("every_op_has_its_name", op, False, message))
            continue
        wanted = inspect.signature(getattr(ComputeBackend, op)).parameters.values()
        named = [p for p in wanted if p.name != "self"]
        keywords = {p.name: None for p in named if p.kind is p.KEYWORD_ONLY}
        try:
            inspect.signature(backend.op(op)).bind(
                *[None] * (len(named) - len(keywords)), **keywords
            )
        except TypeError as error:
            given = ", ".join(p.name for p in named)
            message = f"{op} cannot be called with {given}: {error}."
            found.append(ClauseResult("every_op_has_its_signature", op, False, message))
    return found


def _run(item: Clause, backend: Backend, rng: np.random.Generator) -> ClauseResult:
    try:
        item(backend, rng)
    except ContractViolation as violation:
        return ClauseResult(item.name, item.op, False, str(violation) or "it says no more.")
    except Exception as error:
        # Whatever the backend's code raises, it did not keep the clause.
        message = f"{item.op} raised {type(error).__name__}: {error}"
        return ClauseResult(item.name, item.op, False, message)
    return ClauseResult(item.name, item.op, True, "")
