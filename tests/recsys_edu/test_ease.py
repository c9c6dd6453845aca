"""EASE: the minimum it promises, by another way; its lists, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import EASE, Interactions
from recsys_edu.errors import InvalidParameterError, ModelFileError, NotFittedError
from recsys_edu.models.block_model import best_of
from tests.recsys_edu.rankers import matrix


def random_train(n_users: int = 40, n_items: int = 12, density: float = 0.3) -> Interactions:
    has = np.random.default_rng(3).random((n_users, n_items)) < density
    return matrix({(int(u), int(i)) for u, i in np.argwhere(has)}, n_users, n_items)


def dense(train: Interactions) -> np.ndarray[Any, np.dtype[np.float64]]:
    full: np.ndarray[Any, np.dtype[np.float64]] = train.to_csr().toarray().astype(np.float64)
    return full


@pytest.mark.parametrize("reg", [0.5, 20.0, 1000.0])
def test_each_column_is_a_ridge_regression_on_the_other_items(reg: float) -> None:
    train = random_train()
    x, found = dense(train), EASE(reg).fit(train).weights
    for item in range(train.n_items):
        others = np.delete(np.arange(train.n_items), item)
        y = x[:, others]
        expected = np.linalg.solve(y.T @ y + reg * np.eye(len(others)), y.T @ x[:, item])
        np.testing.assert_allclose(found[others, item], expected, rtol=2e-6, atol=1e-7)
    assert not np.diagonal(found).any()


def test_scores_are_sums_of_weights_and_lists_go_by_them() -> None:
    train = random_train()
    model = EASE(5.0).fit(train)
    expected = dense(train) @ model.weights
    users, items = np.divmod(np.arange(40 * 12), 12)
    np.testing.assert_allclose(
        model.score(users, items).reshape(40, 12), expected, rtol=1e-5, atol=1e-6
    )
    listed, scores = model.rank(np.arange(40), 12)
    for user, (columns, values) in enumerate(zip(listed, scores, strict=True)):
        unseen = np.flatnonzero(dense(train)[user] == 0)
        assert sorted(columns[columns >= 0]) == unseen.tolist()
        np.testing.assert_allclose(
            values[: len(unseen)], expected[user, columns[: len(unseen)]], rtol=1e-5, atol=1e-6
        )
        assert (np.diff(values[: len(unseen)]) <= 0).all()


def test_users_who_are_there_twice_count_as_half_the_regulariser() -> None:
    train = random_train()
    pairs = {(int(u), int(i)) for u, i in np.argwhere(dense(train))}
    doubled = matrix(pairs | {(u + 40, i) for u, i in pairs}, 80, 12)
    np.testing.assert_allclose(
        EASE(10.0).fit(train).weights, EASE(20.0).fit(doubled).weights, rtol=1e-6, atol=1e-9
    )


def test_strengths_do_not_count() -> None:
    plain = random_train()
    arrays = plain.indptr, plain.indices, plain.user_ids, plain.item_ids
    rated = Interactions(*arrays, values=np.arange(plain.nnz) - 7.5)
    assert EASE().fit(plain).weights.tobytes() == EASE().fit(rated).weights.tobytes()


def test_more_rows_than_are_rounded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    train = random_train(60, 25)
    together = EASE(8.0, n_threads=1).fit(train).weights
    monkeypatch.setattr("recsys_edu.models.ease._ROWS", 4)
    assert EASE(8.0, n_threads=1).fit(train).weights.tobytes() == together.tobytes()


@pytest.mark.parametrize(
    "arguments", [{"reg": 0}, {"reg": -1}, {"reg": np.nan}, {"reg": "2"}, {"n_threads": -1}]
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterError, match=next(iter(arguments))):
        EASE(**arguments)


def test_what_cannot_be_inverted_is_refused_and_the_last_fit_stays() -> None:
    train = random_train()
    model = EASE(1.0).fit(train)
    before = model.weights.tobytes()
    same = matrix({(user, item) for user in range(9) for item in range(4)}, 9, 4)
    model.set_params(reg=1e-30)
    with pytest.raises(InvalidParameterError, match="singular"):
        model.fit(same)
    assert model.train is train
    assert model.weights.tobytes() == before


def test_too_many_items_are_refused_before_memory_is_taken() -> None:
    many = Interactions.from_events([0, 0], [0, 1], item_ids=np.arange(40_001))
    with pytest.raises(InvalidParameterError, match="40,001 items"):
        EASE().fit(many)


def test_nothing_is_there_before_a_fit(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="EASE"):
        EASE().recommend([0])
    with pytest.raises(NotFittedError):
        EASE().save(tmp_path / "model.npz")


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    model = EASE().fit(random_train())
    for spoil in (
        lambda w: w.astype(np.float64),
        lambda w: w[:-1],
        lambda w: np.where(w == w.max(), np.float32(np.nan), w),
        lambda w: w + np.eye(len(w), dtype=np.float32),
    ):
        other = EASE().fit(random_train())
        other.weights = spoil(model.weights)
        other.save(tmp_path / "model.npz")
        with pytest.raises(ModelFileError, match="weights"):
            EASE.load(tmp_path / "model.npz")


def test_the_best_of_each_row_whatever_their_signs() -> None:
    inf = np.inf
    scores = np.array(
        [[0, 2, -1, 2, -0.0], [-inf] * 5, [3e38, 1e-45, -3e38, 0, -1e-45], [-5, -2, -inf, -2, -9]],
        np.float32,
    )
    items, best = best_of(scores, 4)
    assert items.tolist() == [[1, 3, 0, 4], [-1] * 4, [0, 1, 3, 4], [1, 3, 0, 4]]
    assert best[0].tolist() == [2, 2, 0, 0]
    assert best[1].tolist() == [-inf] * 4
    assert best_of(scores, 2)[0].tolist() == [[1, 3], [-1, -1], [0, 1], [1, 3]]
    assert best_of(scores, 5)[0].tolist()[3] == [1, 3, 0, 4, -1]


ONE_THREAD = """
import threadpoolctl
from recsys_edu import EASE
from recsys_edu.datasets import make_synthetic
from recsys_edu.models import ease

solved = ease._weights

def watched(*args):
    found = solved(*args)
    pools = threadpoolctl.threadpool_info()
    print({pool["num_threads"] for pool in pools if pool["user_api"] == "blas"})
    return found

ease._weights = watched
EASE(5.0, n_threads=1).fit(make_synthetic(60, 80, 1500, seed=1))
"""


def test_the_first_fit_of_a_process_keeps_to_its_threads() -> None:
    """SciPy brings a BLAS of its own, which no limit holds before it is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_THREAD], capture_output=True, text=True, check=False
    )
    assert done.stdout == "{1}\n", done.stderr
