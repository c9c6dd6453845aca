"""export_onnx: one graph that answers as the model does, and nothing written where it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from recsys_edu import ALS, BPR, ItemKNN, PureSVD, Ranker, TwoTower, export_onnx, load_dataset
from recsys_edu.errors import ExportError, ModelFileError, NotFittedError
from recsys_edu.serving import builder, graph
from recsys_edu.serving.parity import TOLERANCE
from tests.recsys_edu.exported import drawn, exported, given
from tests.recsys_edu.saved_models import MODELS, interactions

pytestmark = pytest.mark.usefixtures("optimized_backend")

WITHOUT_VECTORS = ("popularity", "item-knn", "user-knn", "ease")
FACTOR_MODELS = [name for name in MODELS if name not in WITHOUT_VECTORS]


@pytest.mark.parametrize("ids", ["integers", "strings"])
@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_the_file_answers_as_the_model_does(name: str, ids: str, tmp_path: Path) -> None:
    train = interactions(ids)
    model = MODELS[name]().fit(train)
    parity = export_onnx(model, tmp_path / "model.onnx")
    assert parity[:2] == (train.n_users, train.n_items)
    assert parity.largest_difference <= TOLERANCE
    ranker = Ranker(tmp_path / "model.onnx")
    for k in (1, 4, 15, 40):
        expected, found = (m.recommend(train.user_ids, k) for m in (model, ranker))
        for before, after in zip(expected.scores, found.scores, strict=True):
            np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5)
        for before, after in zip(expected.items, found.items, strict=True):
            np.testing.assert_array_equal(after, before)
            assert after.dtype == before.dtype


@pytest.mark.parametrize(
    "model",
    [
        BPR(16, 5, progress=False),
        ALS(16, 3, progress=False),
        PureSVD(16),
        TwoTower(16, 1, progress=False, device="cpu"),
    ],
    ids=lambda model: model.name,
)
def test_trained_on_more_data_scores_and_ids_are_the_same(model: Any, tmp_path: Path) -> None:
    model.fit(load_dataset("synthetic-100k"))
    parity = export_onnx(model, tmp_path / "model.onnx")
    assert parity.n_users == model.train.n_users > 900
    assert parity.k == 20
    assert parity.largest_difference < 1e-5
    rows = np.arange(model.train.n_users)
    (items, scores), (expected, known) = (
        m.rank(rows, 100) for m in (Ranker(tmp_path / "model.onnx"), model)
    )
    np.testing.assert_allclose(scores, known, rtol=1e-5, atol=1e-5)
    swapped = items != expected
    assert swapped.mean() < 1e-3
    user, rank = np.nonzero(swapped)
    own = model._scores(user, items[user, rank].astype(np.int64))
    np.testing.assert_allclose(own, known[user, rank], rtol=1e-5, atol=1e-5)


def test_a_thousand_users_of_more_are_compared(tmp_path: Path) -> None:
    assert export_onnx(drawn(1300, 70), tmp_path / "model.onnx").n_users == 1000


def test_of_equal_scores_the_lower_item_comes_first(tmp_path: Path) -> None:
    """ONNX promises it of TopK; the runtime has several ways to select, by k and the row's size."""
    for n_items in (3, 40, 1000, 30_000):
        rng = np.random.default_rng(n_items)
        users = np.array([[1], [0], [-1], [2]], dtype=np.float32)
        items = rng.integers(-3, 4, (n_items, 1)).astype(np.float32)
        model = given(users, items, seen=[(0, 0), (3, 1), (3, 2)])
        export_onnx(model, tmp_path / "model.onnx")
        ranker = Ranker(tmp_path / "model.onnx")
        for k in sorted({1, 2, min(10, n_items), n_items // 2, n_items - 1, n_items}):
            found, _ = ranker.rank(np.arange(4), k)
            for row, (user, listed) in enumerate(zip(users, found, strict=True)):
                order = np.argsort(-(items @ user), kind="stable")
                order = order[~np.isin(order, model.train.items_of(row))][:k]
                np.testing.assert_array_equal(listed[: len(order)], order)
                assert np.all(listed[len(order) :] == -1)


def test_what_was_seen_is_left_out_whoever_else_is_asked_for(tmp_path: Path) -> None:
    model = drawn(60, 40)
    export_onnx(model, tmp_path / "model.onnx")
    ranker, rng = Ranker(tmp_path / "model.onnx"), np.random.default_rng(1)
    for size in (1, 2, 7, 60, 150):
        rows = rng.integers(0, 60, size)  # in any order, with repeats
        items, _ = ranker.rank(rows, 40)
        for row, listed in zip(rows, items, strict=True):
            unseen = set(range(40)) - set(model.train.items_of(row).tolist())
            assert set(listed[listed >= 0].tolist()) == unseen


def test_a_user_who_has_seen_everything_gets_an_empty_list(tmp_path: Path) -> None:
    ones = np.ones((2, 1), dtype=np.float32)
    export_onnx(given(ones, ones, seen=[(0, 0), (0, 1)]), tmp_path / "model.onnx")
    items, scores = Ranker(tmp_path / "model.onnx").recommend([0, 1], 5)
    assert [listed.tolist() for listed in items] == [[], [0, 1]]
    assert [listed.tolist() for listed in scores] == [[], [1, 1]]


def test_no_user_has_seen_anything(tmp_path: Path) -> None:
    model = given(np.ones((3, 2), np.float32), np.eye(2, dtype=np.float32), seen=[])
    export_onnx(model, tmp_path / "model.onnx")
    assert Ranker(tmp_path / "model.onnx").rank(np.arange(3), 2)[0].tolist() == [[0, 1]] * 3


def test_scores_that_overflow_are_left_out_or_the_export_refused(tmp_path: Path) -> None:
    items = np.array([[3e38, 3e38], [1, 0], [0, 0]], dtype=np.float32)
    export_onnx(given(np.array([[-3e38, 0]], np.float32), items, seen=[]), tmp_path / "model.onnx")
    found, scores = Ranker(tmp_path / "model.onnx").rank(np.arange(1), 3)
    assert found.tolist() == [[2, 1, -1]]
    assert np.isneginf(scores[0, 2])
    model = given(np.array([[3e38, -3e38]], np.float32), items, seen=[])  # inf − inf, or inf
    with pytest.raises(ExportError, match="a score is off by inf"):
        export_onnx(model, tmp_path / "model.onnx")


def test_the_graph_is_plain_onnx_of_the_opset_that_is_stated(tmp_path: Path) -> None:
    path = exported(tmp_path, ids="strings")
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    assert model.ir_version == 8
    assert {node.domain for node in model.graph.node} == {""}
    dims = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert dims == {
        "users": ["n"],
        "k": [1],
        "items": ["n", "length"],
        "scores": ["n", "length"],
        "vectors": ["n", 5],
    }
    entries = {prop.key: prop.value for prop in model.metadata_props}
    train = interactions("strings")
    assert json.loads(entries["model"]) == "bpr"
    assert json.loads(entries["user_ids"]) == train.user_ids.tolist()
    assert json.loads(entries["item_ids"]) == train.item_ids.tolist()


def test_another_runtime_answers_alike(tmp_path: Path) -> None:
    """The evaluator of the specification itself, with batches and k of any size."""
    export_onnx(drawn(30, 50), tmp_path / "model.onnx")
    ranker, other = (
        Ranker(tmp_path / "model.onnx"),
        ReferenceEvaluator(str(tmp_path / "model.onnx")),
    )
    for rows, k in (([4], 1), ([29, 0, 4, 4], 50), (list(range(30)), 7)):
        inputs = {"users": np.array(rows), "k": np.array([k])}
        items, scores = other.run(["items", "scores"], inputs)
        expected = ranker.rank(np.array(rows), k)
        np.testing.assert_array_equal(items, expected[0])
        np.testing.assert_allclose(scores, expected[1], rtol=1e-5, atol=1e-5)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    first = exported(tmp_path).read_bytes()
    assert exported(tmp_path).read_bytes() == first


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("item_factors", lambda a: a + np.float32(1e-3)),
        ("item_biases", lambda a: -a),
        ("seen_indices", lambda a: np.zeros_like(a)),
        ("item_factors", lambda a: a[::-1]),
    ],
)
def test_a_graph_that_answers_differently_is_not_written(
    part: str, change: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported(tmp_path)
    before = path.read_bytes()
    right = graph.add_ranking

    def wrong(*given: Any, **named: Any) -> None:
        right(*given, **{**named, part: change(named[part])})

    monkeypatch.setattr(graph, "add_ranking", wrong)
    model = MODELS["bpr"]().fit(interactions("integers"))
    with pytest.raises(ExportError, match="does not answer as the model does: for user"):
        export_onnx(model, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]


def test_a_model_without_vectors_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="ItemKNN cannot be exported"):
        export_onnx(ItemKNN().fit(interactions("integers")), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_an_unfitted_model_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        export_onnx(BPR(), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_model_beyond_what_a_file_can_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "_MOST_BYTES", 1000)
    with pytest.raises(ExportError, match="holds less than 2"):
        exported(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"nowhere.*model\.onnx cannot be written"):
        exported(tmp_path / "nowhere")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_one_sentence(package: str, tmp_path: Path) -> None:
    model = tmp_path / "model.npz"
    MODELS["bpr"]().fit(interactions("integers")).save(model)
    (tmp_path / f"{package}.py").write_text("raise ImportError('hidden by a test')\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from recsys_edu import RecsysError, export_onnx, load_model\n"
        "try: export_onnx(load_model(sys.argv[2]), sys.argv[3])\n"
        "except RecsysError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(model), str(tmp_path / "model.onnx")],
        capture_output=True,
        text=True,
        check=True,
    )
    said = f"{package} is not installed: run `pip install 'recsys_edu[serve]'`\n"
    assert done.stdout == said
    assert not (tmp_path / "model.onnx").exists()
