"""What a clause of the contract is, and how one is run."""

from __future__ import annotations

import contextlib
import difflib
import inspect
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from recsys_backends.errors import ContractViolation, InvalidArgumentError
from recsys_backends.plan import Sampler
from recsys_backends.protocol import OPS, ComputeBackend, Order
from recsys_backends.registry import Backend, use_backend

ALL_ORDERS: Final[tuple[Order, ...]] = ("sequential", "batched")


@dataclass(frozen=True)
class Clause:
    """One property that a backend's op must have.

    Call it with a backend (a name, or any object with ops) and a random generator; it draws its own
    inputs and raises ContractViolation, with a sentence about what is wrong, when the property does
    not hold.
    """

    name: str
    op: str
    orders: tuple[Order, ...]
    function: Callable[[np.random.Generator], None]
    samplers: tuple[type[Sampler], ...] = ()
    """The kinds of samplers that the backend has to know for the clause to be about it."""
    tiles: bool = False
    """Whether it is about more than one block, and so not about a backend that draws only one."""

    def __call__(self, backend: str | object, rng: np.random.Generator) -> None:
        """Raise ContractViolation unless the backend has the property."""
        with use_backend(backend):
            self.function(rng)

    def applies_to(self, backend: Backend) -> bool:
        """Whether the backend has the op, and the order and samplers that the clause is about."""
        return (
            backend.has(self.op)
            and backend.order in self.orders
            and all(map(backend.draws_by, self.samplers))
            and (backend.tiles or not self.tiles)
        )


@dataclass(frozen=True)
class ClauseResult:
    """How a backend did on one clause."""

    name: str
    op: str
    passed: bool
    message: str
    """What is wrong; empty where the clause passed."""


CLAUSES: Final[list[Clause]] = []
"""Every clause, in the order in which the files define them: what is read first fails first."""


def clause(
    op: str,
    orders: tuple[Order, ...] = ALL_ORDERS,
    samplers: tuple[type[Sampler], ...] = (),
    *,
    tiles: bool = False,
) -> Callable[[Callable[[np.random.Generator], None]], Clause]:
    """Make a clause of a function that calls ``ops.<op>`` with inputs drawn from its generator."""

    def register(function: Callable[[np.random.Generator], None]) -> Clause:
        made = Clause(function.__name__, op, orders, function, samplers, tiles)
        made.__dict__["__doc__"] = function.__doc__
        CLAUSES.append(made)
        return made

    return register


def check(
    backend: str | object, *, seed: int = 0, ops: Iterable[str] | None = None
) -> list[ClauseResult]:
    """Run every clause that applies to a backend.

    Args:
        backend: a name, or any object with ops.
        seed: of the inputs that the clauses draw.
        ops: the ops to look at; all that the backend has, by default.

    Any exception counts as a failure of the clause in which it was raised.

    Raises:
        InvalidArgumentError: there is nothing to check: the backend has none of the ops.
    """
    return list(_results(backend, seed, None if ops is None else set(ops)))


def hold(backend: str | object, op: str, rng: np.random.Generator) -> None:
    """Raise ContractViolation for the first clause of an op that a backend does not keep."""
    with contextlib.closing(_results(backend, int(rng.integers(2**63)), {op})) as results:
        for result in results:
            require(result.passed, result.message)


def _results(backend: str | object, seed: int, wanted: set[str] | None) -> Generator[ClauseResult]:
    """What ``check`` finds, one clause after the other."""
    with use_backend(backend) as chosen:
        refused = [r for r in _refusals(chosen) if wanted is None or r.op in wanted]
        yield from refused
        unusable, n_found = {result.op for result in refused}, len(refused)
        for number, item in enumerate(CLAUSES):
            if not item.applies_to(chosen) or (wanted is not None and item.op not in wanted):
                continue
            if item.op in unusable:
                continue
            n_found += 1
            yield _run(item, chosen, np.random.default_rng([seed, number]))
    if not n_found:
        raise InvalidArgumentError(
            f"backend {chosen.name!r} has none of the ops {', '.join(sorted(wanted or OPS))}, so "
            "there is nothing to check."
        )


def _refusals(backend: Backend) -> list[ClauseResult]:
    """Ops that cannot be called as the protocol says, and what may be a misspelt op."""
    found = []
    for op in OPS:
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


def require(condition: bool, message: str) -> None:
    """Raise ContractViolation unless the condition holds.

    Anything but a truth value does not: ``answer == 3`` is an array, and may be true, where the
    answer is one.
    """
    if not (isinstance(condition, (bool, np.bool_)) and condition):
        raise ContractViolation(message)


def require_close(got: ArrayLike, expected: ArrayLike, tolerance: float, what: str) -> None:
    """Two arrays agree to an absolute tolerance; the message shows where they first do not."""
    given = np.asarray(got)  # which would be made of words and of complex numbers as well
    require(given.dtype.kind in "biuf", f"{what}: {given.dtype} where numbers are expected.")
    found, wanted = given.astype(np.float64), np.asarray(expected, np.float64)
    require(found.shape == wanted.shape, f"{what}: shape {found.shape}, expected {wanted.shape}.")
    with np.errstate(invalid="ignore"):  # infinity minus itself; equal infinities are close
        wrong = ~((np.abs(found - wanted) <= tolerance) | (found == wanted))
    if np.any(wrong):
        place = tuple(np.argwhere(wrong)[0].tolist())
        it_is = f"at {list(place)} there is" if place else "it is"
        raise ContractViolation(
            f"{what}: {it_is} {found[place]:.7g}, expected {wanted[place]:.7g} (to {tolerance:g})."
        )


def require_identical(got: Any, expected: Any, what: str) -> None:
    """Two arrays hold the same bytes."""
    require(
        got.dtype == expected.dtype and got.shape == expected.shape,
        f"{what}: {got.dtype} of shape {got.shape}, expected {expected.dtype} {expected.shape}.",
    )
    if got.tobytes() != expected.tobytes():
        place = tuple(np.argwhere(got != expected)[0].tolist()) if np.any(got != expected) else ()
        raise ContractViolation(
            f"{what}: differs first at {list(place)}: {got[place]}, expected {expected[place]}."
        )
