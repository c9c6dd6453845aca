"""Clauses of the contract: properties of ops that can be run against any backend."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from recsys_backends.errors import ContractViolation
from recsys_backends.plan import Sampler
from recsys_backends.protocol import Order
from recsys_backends.registry import Backend, use_backend

ALL_ORDERS: Final[tuple[Order, ...]] = ("sequential", "batched")

Level = Literal["lesson", "engine"]
"""Depth of a check. "lesson": clauses about a learner's export, quick and about its mathematics.
"engine": all of these, and clauses about sizes, memory and threads of a compiled backend."""


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
    """Kinds of samplers that the backend has to know for the clause to be about it."""
    tiles: bool = False
    """True if the clause is about more than one block, and so not about backends that draw one."""
    level: Level = "lesson"
    """Lowest level of a check that the clause is part of."""
    long: bool = False
    """True if the clause takes more than about a tenth of a second; quick checks leave it out."""

    def __call__(self, backend: str | object, rng: np.random.Generator) -> None:
        """Raise ContractViolation unless the backend has the property."""
        with use_backend(backend):
            self.function(rng)

    def applies_to(self, backend: Backend) -> bool:
        """Return True if the backend has the op, order and samplers that the clause is about."""
        return (
            backend.has(self.op)
            and backend.order in self.orders
            and all(map(backend.draws_by, self.samplers))
            and (backend.tiles or not self.tiles)
        )

    def belongs_to(self, level: Level, *, quick: bool = False) -> bool:
        """Return True if a check of this level runs the clause."""
        return (level == "engine" or self.level == "lesson") and not (quick and self.long)

    def rng(self, seed: int) -> np.random.Generator:
        """Return the generator of the clause's inputs, which depends on the seed and its name."""
        return np.random.default_rng([seed, zlib.crc32(self.name.encode())])


_defined_in: Final[dict[str, list[Clause]]] = {}


def clauses_of(module: ModuleType) -> list[Clause]:
    """Return the clauses that a module defines, in its order."""
    return list(_defined_in.get(module.__name__, ()))


def clause(
    op: str,
    orders: tuple[Order, ...] = ALL_ORDERS,
    samplers: tuple[type[Sampler], ...] = (),
    *,
    tiles: bool = False,
    level: Level = "lesson",
    long: bool = False,
    name: str = "",
) -> Callable[[Callable[[np.random.Generator], None]], Clause]:
    """Make a clause of a function that calls ``ops.<op>`` with inputs drawn from its generator.

    The clause has the function's name, unless another is given.
    """

    def register(function: Callable[[np.random.Generator], None]) -> Clause:
        named = name or getattr(function, "__name__", "")
        made = Clause(named, op, orders, function, samplers, tiles, level, long)
        made.__dict__["__doc__"] = function.__doc__
        _defined_in.setdefault(function.__module__, []).append(made)
        return made

    return register


def require(condition: bool, message: str) -> None:
    """Raise ContractViolation unless the condition holds.

    Only truth values can hold: ``answer == 3`` is an array, and may be true, where the answer is an
    array.
    """
    if not (isinstance(condition, (bool, np.bool_)) and condition):
        raise ContractViolation(message)


def require_close(got: ArrayLike, expected: ArrayLike, tolerance: float, what: str) -> None:
    """Require two arrays to agree to an absolute tolerance.

    The message shows the first place at which they do not.
    """
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
    """Require two arrays to hold the same bytes."""
    require(
        got.dtype == expected.dtype and got.shape == expected.shape,
        f"{what}: {got.dtype} of shape {got.shape}, expected {expected.dtype} {expected.shape}.",
    )
    if got.tobytes() != expected.tobytes():
        place = tuple(np.argwhere(got != expected)[0].tolist()) if np.any(got != expected) else ()
        raise ContractViolation(
            f"{what}: differs first at {list(place)}: {got[place]}, expected {expected[place]}."
        )
