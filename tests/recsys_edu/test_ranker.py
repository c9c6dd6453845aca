"""Ranker: the user's own ids in and out, one sentence for what cannot be, and no torch."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import Ranker, evaluate, export_onnx, random_split
from recsys_edu.errors import InvalidParameterError, UnknownUserError
from recsys_edu.serving import ranker as module
from tests.recsys_edu.exported import drawn, exported
from tests.recsys_edu.saved_models import MODELS, interactions
from tests.recsys_edu.small_bpr import two_tastes

pytestmark = pytest.mark.usefixtures("optimized_backend")


@pytest.mark.parametrize("ids", ["integers", "strings"])
def test_it_knows_whose_answers_these_are(ids: str, tmp_path: Path) -> None:
    ranker, train = Ranker(str(exported(tmp_path, "als", ids))), interactions(ids)
    assert ranker.model == "als"
    assert repr(ranker) == "<Ranker of als: 13 users × 15 items>"
    np.testing.assert_array_equal(ranker.user_ids, train.user_ids)
    np.testing.assert_array_equal(ranker.item_ids, train.item_ids)
    assert ranker.user_ids.dtype == train.user_ids.dtype


def test_a_single_user_is_a_list_of_one_and_none_are_none(tmp_path: Path) -> None:
    ranker = Ranker(exported(tmp_path, ids="strings"))
    one = ranker.recommend("user 3 ü", 4)
    listed = ranker.recommend(["user 3 ü"], 4)
    assert one.items[0].tolist() == listed.items[0].tolist()
    assert len(one.items) == len(listed.scores) == 1
    assert ranker.recommend([], 4) == ([], [])


def test_unknown_ids_are_named(tmp_path: Path) -> None:
    ranker = Ranker(exported(tmp_path, ids="strings"))
    with pytest.raises(UnknownUserError, match=r"unknown user ids: 'nobody', 'user 99'\.$"):
        ranker.recommend(["user 1 ü", "nobody", "user 99"])
    with pytest.raises(UnknownUserError, match="are strings, and these are integers"):
        ranker.recommend([7])
    with pytest.raises(UnknownUserError, match="'nobody'"):
        ranker.vectors("nobody")


@pytest.mark.parametrize("k", [0, -1, 2.5, None, True, "3"])
def test_a_bad_k_is_named(k: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match=r"\bk\b"):
        Ranker(exported(tmp_path)).recommend([-50], k)


def test_a_k_beyond_the_catalogue_is_all_that_is_left(tmp_path: Path) -> None:
    ranker, train = Ranker(exported(tmp_path)), interactions("integers")
    (items,), (scores,) = ranker.recommend([train.user_ids[2]], 10**6)
    assert len(items) == len(scores) == train.n_items - len(train.items_of(2))
    ranked, padding = ranker.rank(np.array([2]), 10**6)
    assert ranked.shape == padding.shape == (1, 10**6)
    assert (ranked.dtype, padding.dtype) == (np.int32, np.float32)
    assert np.all(ranked[0, len(items) :] == -1)
    assert np.all(np.isneginf(padding[0, len(items) :]))


@pytest.mark.parametrize("n_threads", [-1, 1.5, True, None])
def test_a_bad_number_of_threads_is_named(n_threads: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="n_threads"):
        Ranker(exported(tmp_path), n_threads=n_threads)


def test_lists_do_not_depend_on_how_many_are_ranked_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_onnx(drawn(50, 40), tmp_path / "model.onnx")
    ranker = Ranker(tmp_path / "model.onnx", n_threads=1)
    rows = np.random.default_rng(0).permutation(50)
    items, scores = ranker.rank(rows, 10)
    for cells in (1, 3 * 40, 49 * 40):  # one user at a time, three, all but one
        monkeypatch.setattr(module, "_CELLS", cells)
        again, close = ranker.rank(rows, 10)
        np.testing.assert_array_equal(again, items)
        np.testing.assert_allclose(close, scores, rtol=1e-6)


def test_it_can_be_evaluated_as_its_model_can(tmp_path: Path) -> None:
    split = random_split(two_tastes(), test_fraction=0.3, seed=0)
    model = MODELS["bpr"]().fit(split.train)
    export_onnx(model, tmp_path / "model.onnx")
    metrics = ["ndcg@10", "recall@20", "coverage@10"]
    expected, found = (
        evaluate(m, split, metrics=metrics) for m in (model, Ranker(tmp_path / "model.onnx"))
    )
    for name in metrics:
        assert found[name] == pytest.approx(expected[name], abs=1e-9)
    assert expected["ndcg@10"] > 0


def test_vectors_are_the_models(tmp_path: Path) -> None:
    model = drawn(20, 30)
    export_onnx(model, tmp_path / "model.onnx")
    found = Ranker(tmp_path / "model.onnx").vectors([7, 3, 7])
    np.testing.assert_array_equal(found, model.user_factors[[7, 3, 7]])


def test_threads_may_ask_at_a_time(tmp_path: Path) -> None:
    export_onnx(drawn(64, 300), tmp_path / "model.onnx")
    ranker = Ranker(tmp_path / "model.onnx")
    expected, _ = ranker.rank(np.arange(64), 10)
    wrong: list[int] = []

    def ask(start: int) -> None:
        for row in range(start, 64, 4):
            items, _ = ranker.rank(np.array([row]), 10)
            if not np.array_equal(items[0], expected[row]):
                wrong.append(row)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_answering_loads_neither_torch_nor_onnx_nor_what_trains(tmp_path: Path) -> None:
    path = exported(tmp_path, "two-tower")
    code = (
        "import json, sys\n"
        "from recsys_edu import Ranker\n"
        "answer = Ranker(sys.argv[1]).recommend([-50, 40], 3)\n"
        "print(json.dumps([len(answer.items), sorted(sys.modules)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    n_lists, loaded = json.loads(done.stdout)
    assert n_lists == 2
    assert {"onnxruntime", "recsys_edu.serving.ranker"} <= set(loaded)
    unwanted = ("torch", "onnx", "scipy", "rich", "recsys_backends.ops", "recsys_edu.interactions")
    assert set(unwanted) & set(loaded) == set()
    of_models = [name for name in loaded if name.startswith("recsys_edu.models.")]
    assert of_models == ["recsys_edu.models.feature_encoding"]
