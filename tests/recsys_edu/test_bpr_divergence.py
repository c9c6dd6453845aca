"""BPR that diverges says when, and leaves no fitted model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import BPR, Callback
from recsys_edu.errors import DivergedError, NotFittedError
from tests.recsys_edu.small_bpr import BACKENDS, random_interactions, small


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("learning_rate", [3.0, 50.0, 1e6])
def test_divergence_names_its_epoch_and_leaves_no_fitted_model(
    name: str, learning_rate: float
) -> None:
    class Log(Callback):
        finished = 0

        def on_epoch(self, model: BPR, report: Any) -> bool:
            self.finished = report.epoch
            assert np.isfinite(model.user_factors).all()
            assert np.isfinite(model.item_factors).all()
            return False

    train = random_interactions(50, 40, 400)
    log = Log()
    model = small(epochs=100, learning_rate=learning_rate)
    with use_backend(name):
        with pytest.raises(DivergedError) as caught:
            model.fit(train, callbacks=[log])
        assert f"epoch {log.finished + 1}:" in str(caught.value)
        assert "learning_rate" in str(caught.value)
        with pytest.raises(NotFittedError):
            model.recommend([1])
        with pytest.raises(NotFittedError):
            model.fit(train, warm_start=True)
        model.learning_rate = 0.05
        model.epochs = 1
        assert len(model.fit(train).recommend([1], 3).items[0]) == 3


def test_divergence_after_a_good_fit_leaves_no_fitted_model() -> None:
    train = random_interactions(50, 40, 400)
    with use_backend("optimized"):
        model = small().fit(train)
        model.learning_rate = 1e6
        with pytest.raises(DivergedError, match="epoch 4"):
            model.fit(train, warm_start=True)
        with pytest.raises(NotFittedError):
            model.score([1], [1])


def test_naive_and_optimized_diverge_in_the_same_epoch() -> None:
    train = random_interactions(50, 40, 400)
    messages = set()
    for name in ("naive", "optimized"):
        with use_backend(name), pytest.raises(DivergedError) as caught:
            small(epochs=100, learning_rate=3.0).fit(train)
        messages.add(str(caught.value))
    assert len(messages) == 1
