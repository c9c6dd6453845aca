"""ALS's settings and strengths: which are refused, and what the others do."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import ALS, Interactions
from recsys_edu.errors import DataError, InvalidParameterError, NotFittedError
from recsys_edu.models.als import confidences
from tests.recsys_edu.small_als import fitted_bytes, small_als
from tests.recsys_edu.small_bpr import BACKENDS, random_interactions

pytestmark = pytest.mark.usefixtures("optimized_backend")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("n_factors", v) for v in (0, -3, 10**9, 2.5, "8", None, True)],
        *[("epochs", v) for v in (0, -1, 2**40, 1.0, None)],
        *[("reg", v) for v in (0, 0.0, -0.1, float("nan"), float("inf"), 1e10, "x", (1, 2))],
        *[("alpha", v) for v in (-0.1, float("nan"), float("inf"), 1e10, "x", None)],
        *[("seed", v) for v in (-1, 2**64, 0.5, None)],
        *[("n_threads", v) for v in (-1, 10**6, 1.5, None)],
        *[("init_scale", v) for v in (0, -1.0, float("nan"), float("inf"), 1e9)],
    ],
)
def test_a_bad_hyperparameter_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameterError, match=rf"\b{name}\b") as caught:
        ALS(**{name: value})
    assert "\n" not in str(caught.value)


def events(values: Any) -> Interactions:
    least = None if values is None else min(values)
    return Interactions.from_events([0, 0, 1, 2], [0, 1, 1, 2], values=values, min_value=least)


def test_confidence_is_one_plus_alpha_times_the_value() -> None:
    assert confidences(events(None), 3.0).tolist() == [4.0] * 4
    assert confidences(events([1, 2, 0, 0.5]), 3.0).tolist() == [4.0, 7.0, 1.0, 2.5]


@pytest.mark.parametrize("name", BACKENDS)
def test_values_are_strengths(name: str) -> None:
    """Whoever had an item more often is scored closer to 1 on it."""
    with use_backend(name):
        weak, strong = (
            small_als(n_factors=2, epochs=20).fit(events([1, 1, 1, value])) for value in (0.1, 50)
        )
        ones = small_als().fit(events([1.0] * 4))
        none = small_als().fit(events(None))
    assert weak.score([2], [2])[0] < 0.7 < 0.9 < strong.score([2], [2])[0] < 1.0
    assert fitted_bytes(ones) == fitted_bytes(none)


@pytest.mark.parametrize(
    ("values", "alpha", "message"),
    [([1, 2, -0.5, 3], 1.0, "-0.5 is negative"), ([1, 2, 3, 3e38], 10.0, "beyond float32")],
)
def test_values_that_are_no_strengths_are_refused(
    values: list[float], alpha: float, message: str
) -> None:
    model = small_als(alpha=alpha)
    with pytest.raises(DataError, match=message):
        model.fit(events(values))
    with pytest.raises(NotFittedError):
        model.recommend([0])


def test_refused_values_leave_the_last_fit() -> None:
    model = small_als().fit(events(None))
    before = fitted_bytes(model)
    with pytest.raises(DataError, match="negative"):
        model.fit(events([-1] * 4))
    assert fitted_bytes(model) == before
    assert len(model.recommend([0], 3).items) == 1


def test_a_regularisation_that_equations_do_not_notice_is_refused() -> None:
    model = small_als(reg=1e-9, alpha=1e6, init_scale=10.0)
    with pytest.raises(InvalidParameterError, match="reg 1e-09 is too small"):
        model.fit(random_interactions(20, 30, 100))
    with pytest.raises(NotFittedError):
        model.recommend([0])


@pytest.mark.parametrize("name", BACKENDS)
def test_users_and_items_without_interactions_get_zeros(name: str) -> None:
    train = Interactions.from_events([1, 1, 3], [0, 1, 1], user_ids=range(5), item_ids=range(4))
    with use_backend(name):
        model = small_als(cold_users="scores").fit(train)
        found = model.recommend([0, 1], 4)
    assert not model.user_factors[[0, 2, 4]].any()
    assert not model.item_factors[[2, 3]].any()
    assert model.user_factors[[1, 3]].any(axis=1).all()
    assert found.items[0].tolist() == [0, 1, 2, 3]  # all scores are 0: by number
    assert found.items[1].tolist() == [2, 3]


@pytest.mark.parametrize("name", BACKENDS)
def test_users_who_had_everything_are_no_hindrance(name: str) -> None:
    train = Interactions.from_events([0, 0, 1, 1], [0, 1, 0, 1])
    with use_backend(name):
        model = small_als(n_factors=2, reg=0.1, epochs=10).fit(train)
    np.testing.assert_allclose(model.user_factors @ model.item_factors.T, 1.0, atol=0.05)


def test_a_warm_start_on_other_ids_is_refused_and_the_last_fit_stays() -> None:
    model = small_als().fit(random_interactions(10, 6, 20))
    before = fitted_bytes(model)
    with pytest.raises(InvalidParameterError, match="warm start"):
        model.fit(random_interactions(10, 7, 20), warm_start=True)
    with pytest.raises(NotFittedError):
        small_als().fit(random_interactions(10, 7, 20), warm_start=True)
    assert fitted_bytes(model) == before


def test_the_progress_bar_shows_the_loss_and_no_accuracy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    small_als(progress=True).fit(random_interactions(10, 6, 20))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "ALS" in shown.err
    assert "correct" not in shown.err


def test_a_value_that_drowns_reg_is_named() -> None:
    with pytest.raises(InvalidParameterError, match="value = 3e\\+30: regularization must be"):
        small_als(alpha=3.0).fit(events([1, 2, 3, 1e30]))
