"""TwoTower: it learns, a seed decides, and it refuses what it cannot do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recsys_backends import use_backend
from recsys_edu import Interactions, TwoTower
from recsys_edu.errors import (
    DataError,
    InvalidParameterError,
    NotFittedError,
    UnknownUserError,
)
from tests.recsys_edu.small_bpr import two_tastes


def small(**arguments: Any) -> TwoTower:
    defaults: dict[str, Any] = {
        "n_factors": 8,
        "epochs": 3,
        "batch_size": 64,
        "n_threads": 1,
        "progress": False,
        "device": "cpu",
    }
    return TwoTower(**{**defaults, **arguments})


def fitted_bytes(model: TwoTower) -> tuple[bytes, bytes, bytes]:
    assert model.item_biases is not None
    return model.user_factors.tobytes(), model.item_factors.tobytes(), model.item_biases.tobytes()


def test_it_learns_planted_taste() -> None:
    model = small(epochs=25, learning_rate=0.03).fit(two_tastes(n_silent=1))
    lists = model.recommend(np.arange(80), 10).items
    own_half = [np.mean(listed // 40 == user % 2) for user, listed in enumerate(lists)]
    assert np.mean(own_half) > 0.95
    assert model.history[-1].loss < 0.5 * model.history[0].loss
    assert model.history[0].loss == pytest.approx(np.log(2), rel=0.1)
    assert [report.epoch for report in model.history] == list(range(1, 26))
    assert model.epochs_done == 25
    assert model.history[0].n_triples == pytest.approx(640, rel=0.01)


def test_a_seed_decides_everything() -> None:
    train = two_tastes(n_silent=1)
    first, again, other = (small(seed=seed).fit(train) for seed in (1, 1, 2))
    assert fitted_bytes(first) == fitted_bytes(again)
    assert fitted_bytes(first) != fitted_bytes(other)
    assert fitted_bytes(first.fit(train)) == fitted_bytes(again)  # a fit begins anew


def test_it_leaves_torchs_own_random_numbers_and_threads_alone() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    small(n_threads=3).fit(two_tastes(n_silent=1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("name", ["naive", "optimized", "torch"])
def test_scores_agree_with_rank_and_seen_items_are_left_out(name: str) -> None:
    train = two_tastes(n_silent=1)
    with use_backend(name):
        model = small().fit(train)
        found = model.recommend(train.user_ids, 200)
    for row, (items, scores) in enumerate(zip(*found, strict=True)):
        np.testing.assert_allclose(model.score([row] * len(items), items), scores, atol=1e-5)
        assert set(items.tolist()) == set(range(80)) - set(train.items_of(row).tolist())


def test_users_without_interactions_have_the_biases_for_scores() -> None:
    model = small(cold_users="scores").fit(two_tastes(n_silent=1))
    assert model.item_biases is not None
    assert np.ptp(model.item_biases) > 0
    (items,), (scores,) = model.recommend(80, 80)
    np.testing.assert_array_equal(items, np.argsort(-model.item_biases, kind="stable"))
    np.testing.assert_array_equal(scores, model.item_biases[items])


def test_a_batch_larger_than_the_data_and_one_of_a_single_triple() -> None:
    train = two_tastes(10, n_silent=1)
    assert small(batch_size=10**6).fit(train).history[0].n_triples <= train.nnz
    assert small(batch_size=1, epochs=1).fit(train).history[0].n_triples <= train.nnz


def test_a_user_who_has_seen_everything_is_skipped() -> None:
    train = Interactions.from_events([0, 0, 0, 0, 1, 2], [0, 1, 2, 3, 0, 1])
    model = small(epochs=5).fit(train)
    assert all(1 <= report.n_triples <= 2 for report in model.history)
    assert len(model.recommend(0).items[0]) == 0


@pytest.mark.parametrize(
    "train",
    [Interactions.from_events([1, 2], ["x", "x"]), Interactions.from_events([1], [1])],
    ids=["one item", "one user and one item"],
)
def test_nothing_to_learn_from(train: Interactions) -> None:
    model = small()
    with pytest.raises(DataError):
        model.fit(train)
    with pytest.raises(NotFittedError):
        model.recommend(1)


def test_one_user() -> None:
    train = Interactions.from_events(["only"], ["b"], item_ids=["a", "b", "c"])
    model = small(epochs=30).fit(train)
    assert set(model.recommend("only").items[0].tolist()) == {"a", "c"}
    with pytest.raises(UnknownUserError, match="'other'"):
        model.recommend("other")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("n_factors", v) for v in (0, -3, 10**9, 2.5, None)],
        *[("epochs", v) for v in (0, -1, 1.0)],
        *[("learning_rate", v) for v in (0, -0.1, float("nan"), float("inf"))],
        *[("reg", v) for v in (-0.1, float("nan"), float("inf"), (1, 2, 3))],
        *[("batch_size", v) for v in (0, -1, 2.0)],
        *[("seed", v) for v in (-1, 2**63, 0.5)],
        *[("n_threads", v) for v in (-1, 10**6)],
    ],
)
def test_a_bad_hyperparameter_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameterError, match=rf"\b{name}\b"):
        TwoTower(**{name: value})


@pytest.mark.parametrize("device", ["nonsense", "cpu:-7", 3.5])
def test_a_bad_device_is_named(device: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"\bdevice\b"):
        small(device=device).fit(two_tastes(10, n_silent=1))


def test_a_missing_torch_is_one_sentence_at_once(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('hidden by a test')\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from recsys_edu import TwoTower\n"
        "from recsys_edu.errors import MissingDependencyError\n"
        "try: TwoTower()\n"
        "except MissingDependencyError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "torch is not installed: run `pip install 'recsys_edu[torch]'`\n"


def test_data_that_cannot_teach_leave_the_last_fit() -> None:
    model = small().fit(two_tastes(n_silent=1))
    history = list(model.history)
    with pytest.raises(DataError, match="has interacted with every item"):
        model.fit(Interactions.from_events([0, 0, 1, 1], [0, 1, 0, 1]))
    assert history
    assert model.history == history
    assert model.epochs_done == 3
