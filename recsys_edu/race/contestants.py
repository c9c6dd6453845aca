"""Who can race: BPR on any backend, by the backend's name; other models by theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from recsys_backends import Backend, BackendUnavailableError, UnknownBackendError, use_backend
from recsys_edu.errors import InvalidParameterError, MissingDependencyError
from recsys_edu.models.als import ALS
from recsys_edu.models.base import Recommender
from recsys_edu.models.bpr import BPR
from recsys_edu.models.item_knn import ItemKNN
from recsys_edu.models.popularity import MostPopular
from recsys_edu.models.pure_svd import PureSVD
from recsys_edu.models.two_tower import TwoTower
from recsys_edu.models.user_knn import UserKNN

DEFAULT_CONTESTANTS: Final = ("popularity", "naive", "torch", "optimized", "two-tower")


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


_Maker = Callable[[RaceSettings, int], Recommender]


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model on a backend, under the name that the race calls it."""

    name: str
    model: str
    """What it is, for the table."""
    backend: str | None
    """The backend that it trains on; None for a model that does not use one to train."""
    make: _Maker
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
        names: a model's name other than "bpr" (see ``models.model_classes``), "two-tower-in-batch"
            or "two-tower-softmax", or a backend's name, for BPR on that backend.
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
    if name in _MODELS:
        wanted, make = _MODELS[name]
        model = type(make(RaceSettings(), 0))  # says at once if something is missing
        return Contestant(name, model.__name__, wanted and _resolved(wanted), make)
    if name == BPR.name:
        raise InvalidParameterError(
            "BPR races on a backend, under the backend's name: naive, optimized, torch …"
        )
    try:
        return Contestant(name, "BPR", _resolved(name), _bpr)
    except UnknownBackendError as error:
        raise UnknownBackendError(f"{error} Other contestants: {', '.join(_MODELS)}.") from None


def _resolved(name: str) -> str:
    """What the backend is called in the end: "auto" is one of the others."""
    with use_backend(name) as backend:
        return backend.name


def _als(settings: RaceSettings, seed: int) -> ALS:
    """λ is weighed against whole rows of pairs, so it is its own, and there is no step size."""
    return ALS(
        n_factors=settings.n_factors,
        epochs=settings.epochs,
        seed=seed,
        n_threads=settings.n_threads,
        progress=False,
    )


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


def _neighbor_model(model: type[ItemKNN | UserKNN]) -> _Maker:
    """Neighbours are as many as the model says; what is common is the threads."""
    return lambda settings, seed: model(n_threads=settings.n_threads)


def _pure_svd(settings: RaceSettings, seed: int) -> PureSVD:
    return PureSVD(settings.n_factors, seed=seed, n_threads=settings.n_threads)


def _two_tower(**own: Any) -> _Maker:
    """Adam's step size is its own; what is common is the size, the epochs and the threads."""

    def make(settings: RaceSettings, seed: int) -> TwoTower:
        return TwoTower(
            n_factors=settings.n_factors,
            epochs=settings.epochs,
            seed=seed,
            n_threads=settings.n_threads,
            progress=False,
            **own,
        )

    return make


_SOFTMAX: Final[dict[str, Any]] = {"learning_rate": 0.01, "reg": 0.1, "schedule": "linear"}
"""What the softmax losses want on data of the size of ml-100k."""

_MODELS: Final[dict[str, tuple[str | None, _Maker]]] = {
    MostPopular.name: (None, lambda settings, seed: MostPopular()),
    ItemKNN.name: ("auto", _neighbor_model(ItemKNN)),
    UserKNN.name: ("auto", _neighbor_model(UserKNN)),
    PureSVD.name: (None, _pure_svd),
    ALS.name: ("auto", _als),
    TwoTower.name: (None, _two_tower()),
    f"{TwoTower.name}-in-batch": (None, _two_tower(loss="in-batch", **_SOFTMAX)),
    f"{TwoTower.name}-softmax": (None, _two_tower(loss="softmax", **_SOFTMAX)),
}
"""The backend to train on, where a model uses one, and how it is made."""
