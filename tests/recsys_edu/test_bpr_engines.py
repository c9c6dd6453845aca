"""BPR computes on the engine that is chosen when it computes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recsys_backends import (
    UnsupportedOperationError,
    get_backend,
    optimized,
    register_backend,
    set_backend,
    unregister_backend,
    use_backend,
)
from recsys_edu import Callback
from recsys_edu.errors import NotFittedError
from tests.recsys_edu.small_bpr import random_interactions, small


@pytest.fixture(autouse=True)
def _same_backend_afterwards() -> Iterator[None]:
    before = get_backend().name
    yield
    set_backend(before)


class Spy:
    """The optimized backend, counting what is asked of it."""

    order = "sequential"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def plan_epoch(self, *args: Any, **named: Any) -> Any:
        self.calls.append("plan_epoch")
        return optimized.plan_epoch(*args, **named)

    def bpr_update(self, *args: Any, **named: Any) -> Any:
        self.calls.append("bpr_update")
        return optimized.bpr_update(*args, **named)

    def top_k(self, *args: Any, **named: Any) -> Any:
        self.calls.append("top_k")
        return optimized.top_k(*args, **named)


@pytest.fixture
def spies() -> Iterator[tuple[Spy, Spy]]:
    """Two backends that can be chosen as "spy-a" and "spy-b"."""
    before = get_backend().name
    pair = Spy(), Spy()
    for name, spy in zip(("spy-a", "spy-b"), pair, strict=True):
        register_backend(name, spy)
    yield pair
    set_backend(before)
    for name in ("spy-a", "spy-b"):
        unregister_backend(name)


def test_set_backend_between_two_fits_changes_the_engine(spies: tuple[Spy, Spy]) -> None:
    train = random_interactions(30, 20, 100)
    model = small(epochs=2)
    set_backend("spy-a")
    model.fit(train)
    assert spies[0].calls == ["plan_epoch", "bpr_update"] * 2
    assert spies[1].calls == []
    set_backend("spy-b")
    model.recommend([3])
    model.fit(train)
    assert len(spies[0].calls) == 4
    assert spies[1].calls == ["top_k", *["plan_epoch", "bpr_update"] * 2]


def test_set_backend_between_two_epochs_changes_the_engine(spies: tuple[Spy, Spy]) -> None:
    class Switch(Callback):
        def on_epoch(self, model: Any, report: Any) -> bool:
            set_backend("spy-b")
            return False

    set_backend("spy-a")
    small(epochs=3).fit(random_interactions(30, 20, 100), callbacks=[Switch()])
    assert spies[0].calls == ["plan_epoch", "bpr_update"]
    assert spies[1].calls == ["plan_epoch", "bpr_update"] * 2


def test_a_backend_that_cannot_train_leaves_no_fitted_model() -> None:
    class PlansOnly:
        order = "sequential"
        plan_epoch = staticmethod(optimized.plan_epoch)
        top_k = staticmethod(optimized.top_k)

    model = small()
    with use_backend(PlansOnly()):
        with pytest.raises(UnsupportedOperationError, match="bpr_update"):
            model.fit(random_interactions(30, 20, 100))
        with pytest.raises(NotFittedError):
            model.recommend([3])  # would be lists from random vectors
