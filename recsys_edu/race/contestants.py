"""Contestants of a race: models on backends, under the names that the race calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from recsys_backends import (
    Backend,
    BackendUnavailableError,
    UnknownBackendError,
    available_backends,
    use_backend,
)
from recsys_edu.errors import InvalidParameterError, MissingDependencyError
from recsys_edu.models.base import Recommender
from recsys_edu.models.catalogue import model_class, model_names

DEFAULT_CONTESTANTS: Final = ("popularity", "naive", "torch", "optimized", "two-tower")
_ALWAYS_SHARED: Final = ("n_threads",)


@dataclass(frozen=True, slots=True)
class RaceSettings:
    """Settings that all contestants share, as far as they have them."""

    epochs: int = 10
    n_factors: int = 16
    learning_rate: float = 0.05
    reg: float = 0.01
    n_threads: int = 1
    n_blocks: int | None = None
    """Blocks of BPR's plans; None for as many as suit the data, 1 for the textbook's order."""

    def __str__(self) -> str:
        counts = [(self.epochs, "epoch"), (self.n_factors, "factor"), (self.n_threads, "thread")]
        if self.n_blocks is not None:
            counts.append((self.n_blocks, "block"))
        return ", ".join(f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model on a backend, under the name that the race calls it."""

    name: str
    model: str
    """Class of the model, for the table."""
    backend: str | None
    """The backend that it trains on; None for a model that does not use one to train."""
    make: Callable[[RaceSettings, int], Recommender]
    """Returns the model for these settings and this seed."""
    training_ops: tuple[str, ...] = ()
    """Ops that training calls."""

    def loaded_backend(self) -> Backend | None:
        """Return the backend itself."""
        if self.backend is None:
            return None
        with use_backend(self.backend) as backend:
            return backend

    def on_backend(self) -> AbstractContextManager[object]:
        """Return a block in which its backend is in use."""
        return nullcontext() if self.backend is None else use_backend(self.backend)

    def learners_ops(self) -> list[str] | None:
        """Return the training ops that were the learner's all the time, so far.

        None for a backend that has nothing of a learner's; see ``recsys_edu.student``.
        """
        backend = self.loaded_backend()
        written = getattr(backend and backend.implementation, "written", None)
        if written is None:
            return None
        filled = getattr(backend and backend.implementation, "filled", ())
        return [op for op in self.training_ops if op in written() and op not in filled]


def contestants(
    names: Sequence[str] = DEFAULT_CONTESTANTS, *, skip_unavailable: bool = False
) -> tuple[list[Contestant], list[str]]:
    """Return the contestants of these names, and for each that was left out a sentence.

    Args:
        names: a backend's name, for BPR on that backend; a model's name, such as "als" or
            "two-tower-softmax", on the fastest backend where it needs one; or both, such as
            "student-item-knn".
        skip_unavailable: leave out what cannot run here, rather than raise.

    Raises:
        UnknownBackendError: a name that is neither a model nor a backend.
        BackendUnavailableError, MissingDependencyError: it cannot run here.
        InvalidParameterError: no names, or one of them twice.
    """
    require_each_once("contestant", names)
    found, left_out = [], []
    for name in names:
        try:
            found.append(_contestant(name))
        except (BackendUnavailableError, MissingDependencyError) as error:
            if not skip_unavailable:
                raise
            left_out.append(f"{name} is left out: {error}")
    return found, left_out


def require_each_once(noun: str, given: Sequence[object]) -> None:
    """Raise InvalidParameterError for none at all, and for one that is given twice."""
    if not given or len(set(given)) < len(given):
        listed = ", ".join(filter(None, map(str, given))) or "none"
        raise InvalidParameterError(f"name each {noun} once, not {listed}.")


def contestant_of(
    model: type[Recommender],
    name: str,
    *,
    backend: str | None = None,
    own: Mapping[str, Any] | None = None,
) -> Contestant:
    """Return a contestant of a model's class, also one that is not in the catalogue.

    Args:
        model: the class.
        name: name in the race.
        backend: the backend that it trains on; None for the fastest one, if it needs any.
        own: arguments of the constructor that are the contestant's own, in place of the race's.

    Raises:
        UnknownBackendError, BackendUnavailableError: the backend cannot be had.
        MissingDependencyError: the model cannot be made here.
    """
    make = partial(_made, model, dict(own or {}))
    make(RaceSettings(), 0)  # says at once if something is missing
    used = _resolved(backend or "auto") if model.training_ops else None
    return Contestant(name, model.__name__, used, make, model.training_ops)


def _made(
    model: type[Recommender], own: Mapping[str, Any], settings: RaceSettings, seed: int
) -> Recommender:
    """Return a model with what it shares with the others, and what is its own."""
    shared = {name: getattr(settings, name) for name in (*model.race.shares, *_ALWAYS_SHARED)}
    given = {**shared, "seed": seed, "progress": False, **own}
    return model(**{name: given[name] for name in model.argument_names() if name in given})


def _contestant(name: str) -> Contestant:
    """Return the contestant of a name: a model, a backend, or a backend and a model."""
    known = _models()
    if name in known:
        model, own = known[name]
        if model.race.by_backend:
            raise InvalidParameterError(
                f"{model.__name__} races on a backend, under the backend's name: naive, optimized, "
                "torch …."
            )
        return contestant_of(model, name, own=own)
    for backend, rest in _splits(name):
        if rest in known and known[rest][0].training_ops:
            model, own = known[rest]
            return contestant_of(model, name, backend=backend, own=own)
    try:
        (by_backend,) = (model for model, _ in known.values() if model.race.by_backend)
        return contestant_of(by_backend, name, backend=name)
    except UnknownBackendError as error:
        others = [n for n, (model, _) in known.items() if not model.race.by_backend]
        raise UnknownBackendError(
            f"{error} Other contestants: {', '.join(others)}; and a backend's name with the name "
            "of a model that trains on one, such as student-item-knn."
        ) from None


def _models() -> dict[str, tuple[type[Recommender], Mapping[str, Any]]]:
    """Return each model, and each of its variants with what is its own, by name."""
    return {
        name + suffix: (model_class(name), own)
        for name in model_names()
        for suffix, own in model_class(name).race.variants.items()
    }


def _splits(name: str) -> list[tuple[str, str]]:
    """Return a name as (backend, model) for each backend that it begins with."""
    names = {info.name for info in available_backends()} if "-" in name else set()
    if ":" in name:  # a state of a backend, which is known once it has been asked for
        names.add(name.partition("-")[0])
    return [
        (backend, name.removeprefix(f"{backend}-"))
        for backend in names
        if name.startswith(f"{backend}-")
    ]


def _resolved(name: str) -> str:
    """Return the name of a backend in the end: "auto" is one of the others."""
    with use_backend(name) as backend:
        return backend.name
