"""Who can race: BPR on any backend, by the backend's name; other models by theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

from recsys_backends import Backend, BackendUnavailableError, UnknownBackendError, use_backend
from recsys_edu.errors import InvalidParameterError, MissingDependencyError
from recsys_edu.models.base import Recommender
from recsys_edu.models.bpr import BPR
from recsys_edu.models.item_knn import ItemKNN
from recsys_edu.models.most_popular import MostPopular
from recsys_edu.models.pure_svd import PureSVD
from recsys_edu.models.two_tower import TwoTower
from recsys_edu.models.user_knn import UserKNN

DEFAULT_CONTESTANTS: Final = ("popularity", "naive", "torch", "optimized", "two-tower")


_COUNTING: Final[dict[str, type[ItemKNN | UserKNN]]] = {
    model.name: model for model in (ItemKNN, UserKNN)
}
"""Models that count; all backends count the same, so they do it on the fastest."""


@dataclass(frozen=True, slots=True)
class RaceSettings:
    """What all contestants have in common."""

    epochs: int = 10
    n_factors: int = 16
    learning_rate: float = 0.05
    reg: float = 0.01
    n_threads: int = 1

    def __str__(self) -> str:
        counts = ((self.epochs, "epoch"), (self.n_factors, "factor"), (self.n_threads, "thread"))
        return ", ".join(f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model on a backend, under the name that the race calls it."""

    name: str
    model: str
    """What it is, for the table."""
    backend: str | None
    """The backend that it trains on; None for a model that does not use one to train."""
    make: Callable[[RaceSettings, int], Recommender]
    """The model for these settings and this seed."""

    def loaded_backend(self) -> Backend | None:
        """The backend itself."""
        if self.backend is None:
            return None
        with use_backend(self.backend) as backend:
            return backend

    def on_backend(self) -> AbstractContextManager[object]:
        """A block in which its backend is in use."""
        return nullcontext() if self.backend is None else use_backend(self.backend)


def contestants(
    names: Sequence[str] = DEFAULT_CONTESTANTS, *, skip_unavailable: bool = False
) -> tuple[list[Contestant], list[str]]:
    """The contestants of these names, and for each that was left out a sentence that says why.

    Args:
        names: "popularity", "item-knn", "user-knn", "pure-svd", "two-tower", or a backend's name
            for BPR on that backend.
        skip_unavailable: leave out what cannot run here, rather than raise.

    Raises:
        UnknownBackendError: a name that is neither a model nor a backend.
        BackendUnavailableError, MissingDependencyError: it cannot run here.
        InvalidParameterError: no names, or one of them twice.
    """
    if not names or len(set(names)) < len(names):
        raise InvalidParameterError(
            f"name each contestant once, not {', '.join(filter(None, names)) or 'none'}"
        )
    found, left_out = [], []
    for name in names:
        try:
            found.append(_contestant(name))
        except (BackendUnavailableError, MissingDependencyError) as error:
            if not skip_unavailable:
                raise
            left_out.append(f"{name} is left out: {error}")
    return found, left_out


def _contestant(name: str) -> Contestant:
    if name == MostPopular.name:
        return Contestant(name, "MostPopular", None, lambda settings, seed: MostPopular())
    if name in _COUNTING:
        with use_backend("auto") as backend:
            model = _COUNTING[name]
            return Contestant(name, model.__name__, backend.name, _counting(model))
    if name == PureSVD.name:
        return Contestant(name, "PureSVD", None, _pure_svd)
    if name == TwoTower.name:
        TwoTower()  # says at once if PyTorch is missing
        return Contestant(name, "TwoTower", None, _two_tower)
    if name == BPR.name:
        raise InvalidParameterError(
            "BPR races on a backend, under the backend's name: naive, optimized, torch …"
        )
    try:
        with use_backend(name) as backend:
            return Contestant(name, "BPR", backend.name, _bpr)
    except UnknownBackendError as error:
        raise UnknownBackendError(
            f"{error} Other contestants: {MostPopular.name}, {', '.join(_COUNTING)}, "
            f"{PureSVD.name}, {TwoTower.name}."
        ) from None


def _bpr(settings: RaceSettings, seed: int) -> BPR:
    return BPR(
        n_factors=settings.n_factors,
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        reg=settings.reg,
        seed=seed,
        n_threads=settings.n_threads,
        progress=False,
    )


def _counting(
    model: type[ItemKNN | UserKNN],
) -> Callable[[RaceSettings, int], ItemKNN | UserKNN]:
    """Neighbours are as many as the model says; what is common is the threads."""
    return lambda settings, seed: model(n_threads=settings.n_threads)


def _pure_svd(settings: RaceSettings, seed: int) -> PureSVD:
    return PureSVD(settings.n_factors, seed=seed, n_threads=settings.n_threads)


def _two_tower(settings: RaceSettings, seed: int) -> TwoTower:
    """Adam's step size is its own; what is common is the size, the epochs and the threads."""
    return TwoTower(
        n_factors=settings.n_factors,
        epochs=settings.epochs,
        seed=seed,
        n_threads=settings.n_threads,
        progress=False,
    )
