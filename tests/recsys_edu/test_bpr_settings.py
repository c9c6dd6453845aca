"""BPR's settings: which are refused, and what the others do."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import BPR, Interactions
from recsys_edu.errors import DataError, InvalidParameterError
from tests.recsys_edu.small_bpr import fitted_bytes, random_interactions, small


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("n_factors", v) for v in (0, -3, 10**9, 2.5, "8", None, True, float("nan"))],
        *[("epochs", v) for v in (0, -1, 2**40, 1.0, None)],
        *[("learning_rate", v) for v in (0, 0.0, -0.1, float("nan"), float("inf"), 1e7, "0.1")],
        *[("reg", v) for v in (-0.1, float("nan"), float("inf"), 1e39, "x", (1, 2), (1, 2, 3, 4))],
        *[("reg", v) for v in ((0.1, -0.1, 0.1), (0.1, 0.1, float("inf")), None, ())],
        *[("seed", v) for v in (-1, 2**64, 0.5, None)],
        *[("n_threads", v) for v in (-1, 10**6, 1.5, None)],
        *[("n_blocks", v) for v in (0, -1, 10**6, 2.0, "4")],
        *[("negatives", v) for v in ("Uniform", "", None, 1, ("uniform",))],
        *[("popularity_power", v) for v in (0, -1.0, 11, float("nan"), "1", None)],
        *[("rank_scale", v) for v in (0, -0.1, 1.1, float("nan"), None)],
        *[("init_scale", v) for v in (0, -1.0, float("nan"), float("inf"), 1e9)],
    ],
)
def test_a_bad_hyperparameter_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameterError, match=rf"\b{name}\b") as caught:
        BPR(**{name: value})
    assert "\n" not in str(caught.value)


def test_the_limits_themselves_are_allowed() -> None:
    BPR(n_factors=1, epochs=1, learning_rate=1e-9, reg=0, seed=2**64 - 1, n_blocks=1, n_threads=0)
    assert BPR(reg=(0.1, 0.2, 0.3)).reg == (0.1, 0.2, 0.3)
    assert BPR(reg=[0.1, 0.2, 0.3]).reg == (0.1, 0.2, 0.3)  # type: ignore[arg-type]
    assert BPR(reg=2).reg == (2.0, 2.0, 2.0)
    assert BPR(n_factors=np.int32(3)).n_factors == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_three_regularisers_go_where_they_belong(which: int) -> None:
    """With a tiny step, each shrinks its own vectors and leaves the others to the data."""
    train = Interactions.from_events([0], [0], item_ids=[0, 1])  # user 0, positive 0, negative 1
    shrunk = [0.0, 0.0, 0.0]
    for on in (False, True):
        reg = [0.0, 0.0, 0.0]
        reg[which] = 1000.0 if on else 0.0
        with use_backend("optimized"):
            model = small(epochs=1, learning_rate=1e-4, reg=tuple(reg)).fit(train)
        norms = [
            float(np.linalg.norm(vector))
            for vector in (model.user_factors[0], model.item_factors[0], model.item_factors[1])
        ]
        shrunk = [norm - before for norm, before in zip(norms, shrunk, strict=True)]
    assert shrunk[which] < -1e-3
    assert [shrunk[other] for other in range(3) if other != which] == [0.0, 0.0]


def test_more_blocks_than_rows_are_refused_and_the_last_fit_stays() -> None:
    train = random_interactions(10, 20, 40)
    model = small(n_blocks=4).fit(train)
    before = fitted_bytes(model)
    with pytest.raises(InvalidParameterError, match="n_blocks must be at most 3"):
        model.fit(random_interactions(10, 3, 20))
    assert fitted_bytes(model) == before
    assert len(model.recommend([3], 3).items) == 1


def test_a_warm_start_on_other_ids_is_refused_and_the_last_fit_stays() -> None:
    train = random_interactions(10, 6, 20)
    model = small().fit(train)
    before = fitted_bytes(model)
    others = [
        random_interactions(10, 7, 20),
        random_interactions(11, 6, 20),
        Interactions(train.indptr, train.indices, train.user_ids + 1, train.item_ids),
        Interactions(train.indptr, train.indices, train.user_ids, train.item_ids[::-1]),
    ]
    for other in others:
        with pytest.raises(InvalidParameterError, match="warm start"):
            model.fit(other, warm_start=True)
    assert fitted_bytes(model) == before
    assert model.train is train


def test_the_progress_bar_is_on_stderr_and_can_be_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    train = random_interactions(10, 6, 20)
    small(progress=True).fit(train)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "BPR" in shown.err
    assert "3" in shown.err
    small(progress=False).fit(train)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("negatives", ["uniform", "popularity"])
def test_data_that_cannot_teach_leave_the_last_fit(negatives: str) -> None:
    model = small(negatives=negatives).fit(random_interactions(20, 30, 150))
    before, history = fitted_bytes(model), list(model.history)
    with pytest.raises(DataError, match="has interacted with every item"):
        model.fit(Interactions.from_events([0, 0, 1, 1], [0, 1, 0, 1]))
    assert fitted_bytes(model) == before
    assert model.history == history
    assert len(model.recommend([0], 3).items) == 1
