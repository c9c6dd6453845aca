"""Retrieval: the exact index is right, the approximate one near it, and both refuse what is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_edu import ALS, load_dataset
from recsys_edu.errors import InvalidParameterError
from recsys_edu.serving import retrieval
from recsys_edu.serving.approximate import ApproximateIndex
from recsys_edu.serving.cosine import equally_long, with_bias_and_zero
from recsys_edu.serving.retrieval import ExactIndex, ItemIndex, Seen, recall

pytestmark = pytest.mark.usefixtures("optimized_backend")

KINDS = (ExactIndex, ApproximateIndex)


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def by_hand(users: np.ndarray, items: np.ndarray, biases: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-(users @ items.T + biases), axis=1, kind="stable")[:, :k]


@given(st.integers(1, 30), st.integers(1, 8), st.booleans(), st.integers(0, 99))
def test_cosines_are_in_the_order_of_inner_products(
    n_items: int, n_factors: int, with_biases: bool, seed: int
) -> None:
    items, users = drawn(n_items, n_factors, seed=seed), drawn(3, n_factors, seed=seed + 1)
    biases = drawn(n_items, seed=seed + 2) if with_biases else None
    long = equally_long(items, biases)
    queries = with_bias_and_zero(users, long.shape[1])
    lengths = np.linalg.norm(long, axis=1)
    np.testing.assert_allclose(lengths, lengths.max(), rtol=1e-5)
    scores = users @ items.T + (0 if biases is None else biases)
    np.testing.assert_allclose(queries @ long.T, scores, rtol=1e-5, atol=1e-5)
    cosines = queries @ long.T / np.linalg.norm(queries, axis=1)[:, None] / lengths
    spread = scores / np.linalg.norm(queries, axis=1)[:, None] / lengths.max()
    np.testing.assert_allclose(cosines, spread, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("biases", [None, drawn(60, seed=3)])
def test_a_small_catalogue_is_searched_rightly(
    kind: type[ItemIndex], biases: np.ndarray | None
) -> None:
    items, users = drawn(60, 7), drawn(9, 7, seed=1)
    index = kind(items, biases)
    assert len(index) == 60
    for k in (1, 10, 60):
        found = index.search(users, k)
        expected = by_hand(users, items, np.zeros(60) if biases is None else biases, k)
        np.testing.assert_array_equal(found.items, expected)
        assert (found.items.dtype, found.scores.dtype) == (np.int32, np.float32)
        scores = users @ items.T + (0 if biases is None else biases)
        np.testing.assert_allclose(
            found.scores, np.take_along_axis(scores, expected, 1), rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_k_beyond_the_catalogue_is_padded(kind: type[ItemIndex]) -> None:
    found = kind(drawn(5, 3)).search(drawn(2, 3), 10**6)
    assert found.items.shape == found.scores.shape == (2, 10**6)
    assert sorted(found.items[0, :5].tolist()) == [0, 1, 2, 3, 4]
    assert np.all(found.items[:, 5:] == -1)
    assert np.all(np.isneginf(found.scores[:, 5:]))


@pytest.mark.parametrize("kind", KINDS)
def test_of_equal_scores_the_lower_item_comes_first(kind: type[ItemIndex]) -> None:
    items = np.repeat(drawn(4, 3), 3, axis=0)
    found = kind(items).search(drawn(5, 3, seed=1), 12)
    groups = found.items.reshape(5, 4, 3)
    assert np.all(groups % 3 == [0, 1, 2])


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_seen_is_left_out(kind: type[ItemIndex], monkeypatch: pytest.MonkeyPatch) -> None:
    items, users = drawn(40, 4), drawn(10, 4, seed=1)
    counts = np.array([0, 5, 40, 1, 0, 30, 39, 2, 0, 7])
    rng = np.random.default_rng(2)
    rows = [np.sort(rng.permutation(40)[:count]) for count in counts]
    seen = Seen(np.concatenate(([0], np.cumsum(counts))), np.concatenate(rows).astype(np.int32))
    expected = [
        [item for item in order if item not in row][:6]
        for order, row in zip(by_hand(users, items, np.zeros(40), 40).tolist(), rows, strict=True)
    ]
    for batch in (1024, 3):
        monkeypatch.setattr(retrieval, "_BATCH", batch)
        found = kind(items).search(users, 6, seen=seen)
        listed = [row[row >= 0].tolist() for row in found.items]
        assert listed == expected
        assert np.array_equal(found.items < 0, np.isneginf(found.scores))


@pytest.mark.parametrize("kind", KINDS)
def test_no_users_get_no_lists(kind: type[ItemIndex]) -> None:
    found = kind(drawn(5, 3)).search(np.empty((0, 3), np.float32), 4)
    assert found.items.shape == found.scores.shape == (0, 4)


def test_on_trained_vectors_it_finds_nearly_all_and_more_with_more_candidates() -> None:
    model = ALS(16, 5, progress=False).fit(load_dataset("synthetic-100k"))
    exact = ExactIndex(model.item_factors).search(model.user_factors, 20)
    index = ApproximateIndex(model.item_factors, connectivity=4, expansion_search=20)
    found = []
    for expansion in (20, 400):
        index.expansion_search = expansion
        assert index.expansion_search == expansion
        lists = index.search(model.user_factors, 20)
        found.append(recall(lists.items, exact.items))
        assert np.all(lists.scores <= exact.scores + 1e-4)
    assert 0.3 < found[0] < found[1]
    assert found[1] > 0.98


def test_one_thread_builds_the_same_index_each_time() -> None:
    items, users = drawn(3000, 8), drawn(50, 8, seed=1)
    lists = [
        ApproximateIndex(items, n_threads=1, connectivity=3, expansion_search=10).search(users, 10)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(lists[0].items, lists[1].items)
    assert recall(lists[0].items, ExactIndex(items).search(users, 10).items) < 1


def test_recall_by_hand() -> None:
    exact = np.array([[1, 2, 3], [4, -1, -1]], dtype=np.int32)
    assert recall(exact, exact) == 1
    assert recall(np.array([[3, 9, 1], [-1, -1, 5]], dtype=np.int32), exact) == 0.5
    assert recall(np.full((2, 3), -1, dtype=np.int32), exact) == 0
    assert np.isnan(recall(exact, np.full((2, 3), -1, dtype=np.int32)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "items", "biases"),
    [
        ("item_factors", drawn(5), None),
        ("item_factors", drawn(5, 3).astype(np.float64), None),
        ("item_factors", np.full((5, 3), np.nan, np.float32), None),
        ("item_biases", drawn(5, 3), drawn(4)),
        ("item_biases", drawn(5, 3), np.full(5, np.inf, np.float32)),
    ],
)
def test_bad_items_are_named(
    kind: type[ItemIndex], name: str, items: np.ndarray, biases: np.ndarray | None
) -> None:
    with pytest.raises(InvalidParameterError, match=name):
        kind(items, biases)


@pytest.mark.parametrize("kind", KINDS)
def test_bad_searches_are_named(kind: type[ItemIndex]) -> None:
    index = kind(drawn(5, 3))
    for k in (0, -1, 1.5, True, None):
        with pytest.raises(InvalidParameterError, match=r"\bk\b"):
            index.search(drawn(2, 3), k)  # type: ignore[arg-type]
    wrong: list[Any] = [drawn(2, 4), drawn(3), np.full((2, 3), np.nan, np.float32), [[1, 2, 3]]]
    for vectors in wrong:
        with pytest.raises(InvalidParameterError, match="vectors"):
            index.search(vectors, 3)
    seen = Seen(np.zeros(2, np.int64), np.empty(0, np.int32))
    with pytest.raises(InvalidParameterError, match="seen must have a row for each of 2 users"):
        index.search(drawn(2, 3), 3, seen=seen)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("connectivity", v) for v in (0, 1, 10**6, 2.5)],
        *[("expansion_add", v) for v in (0, -1, 10**6)],
        *[("expansion_search", v) for v in (0, None, 10**6)],
        *[("n_threads", v) for v in (-1, 1.5, 10**6)],
    ],
)
def test_a_bad_setting_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameterError, match=rf"\b{name}\b"):
        ApproximateIndex(drawn(5, 3), **{name: value})


def test_a_missing_usearch_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "usearch.py").write_text("raise ImportError('hidden by a test')\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import numpy as np\n"
        "from recsys_edu import RecsysError\n"
        "from recsys_edu.serving.approximate import ApproximateIndex\n"
        "try: ApproximateIndex(np.ones((3, 2), np.float32))\n"
        "except RecsysError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "usearch is not installed: run `pip install 'recsys_edu[serve]'`\n"
