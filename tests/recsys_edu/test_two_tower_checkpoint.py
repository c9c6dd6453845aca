"""Checkpoints: training that stopped and went on ends as training that never stopped."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from recsys_edu import Callback, Checkpoint, EarlyStopping, Interactions, TwoTower, random_split
from recsys_edu.errors import CheckpointError
from tests.recsys_edu.small_bpr import two_tastes
from tests.recsys_edu.small_towers import fitted_bytes, small, tastes_with_features

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "ids alone": {"use_features": False},
    "features and trunk": {"hidden": (16,), "id_dropout": 0.3},
    "sparse adam": {"optimizer": "sparse-adam", "hidden": (8,), "max_grad_norm": 0.1},
    "adagrad": {"optimizer": "adagrad", "learning_rate": 0.1},
    "softmax": {"loss": "softmax", "n_negatives": 20, "similarity": "cosine", "temperature": 0.2},
    "new users": {
        "loss": "softmax",
        "n_negatives": 90,
        "id_dropout": (0.5, 0.2),
        "reg_cold": (0.3, 0.1),
        "bias_init": "popularity",
    },
    "in-batch": {"loss": "in-batch", "use_biases": False},
    "falling steps": {"schedule": "linear", "n_negatives": 3},
}


class StopAfter(Callback):
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_epoch(self, model: Any, report: Any) -> bool:
        return bool(report.epoch == self.epoch)


@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_stopped_after_any_epoch_it_ends_with_the_same_bytes(name: str, tmp_path: Path) -> None:
    train, arguments = tastes_with_features(20), CONFIGURATIONS[name]
    whole = small(epochs=4, **arguments).fit(train)
    for stop in (1, 2, 3):
        path = tmp_path / f"{stop}.safetensors"
        small(epochs=4, **arguments).fit(train, callbacks=[Checkpoint(path), StopAfter(stop)])
        resumed = small(epochs=4, **arguments).fit(train, resume_from=path)
        assert fitted_bytes(resumed) == fitted_bytes(whole)
        assert resumed.epochs_done == 4
        assert [r.loss for r in resumed.history] == [r.loss for r in whole.history]


def test_early_stopping_remembers_the_best_epoch_of_before(tmp_path: Path) -> None:
    split = random_split(two_tastes(), valid_fraction=0.1)
    path = tmp_path / "checkpoint"

    def stopping() -> EarlyStopping:
        assert split.valid is not None
        return EarlyStopping(split.valid, patience=3)

    arguments: dict[str, Any] = {"epochs": 30, "learning_rate": 0.3, "reg": 0.0}
    never_stopped = stopping()
    whole = small(**arguments).fit(split.train, callbacks=[never_stopped])
    assert never_stopped.best_epoch + 3 == max(never_stopped.values)
    last = max(never_stopped.values)
    for stop in (never_stopped.best_epoch, last - 1):
        # The checkpoint is given first, and written last.
        before = [Checkpoint(path), stopping(), StopAfter(stop)]
        small(**arguments).fit(split.train, callbacks=before)
        after = stopping()
        resumed = small(**arguments).fit(split.train, callbacks=[after], resume_from=path)
        assert fitted_bytes(resumed) == fitted_bytes(whole)
        assert after.values == never_stopped.values
        assert after.best_epoch == never_stopped.best_epoch


def test_early_stopping_by_another_metric_is_another_configuration(tmp_path: Path) -> None:
    split = random_split(two_tastes(), valid_fraction=0.1)
    assert split.valid is not None
    path = tmp_path / "checkpoint"
    small().fit(split.train, callbacks=[EarlyStopping(split.valid), Checkpoint(path)])
    other = EarlyStopping(split.valid, metric="recall@5")
    with pytest.raises(CheckpointError, match="by ndcg@10, not by recall@5"):
        small(epochs=5).fit(split.train, callbacks=[other], resume_from=path)


def checkpoint(tmp_path: Path, **arguments: Any) -> tuple[Path, Interactions]:
    train = two_tastes(n_silent=1)
    path = tmp_path / "checkpoint"
    small(**arguments).fit(train, callbacks=[Checkpoint(path)])
    return path, train


def test_epochs_can_be_added_and_a_finished_fit_stays_as_it_is(tmp_path: Path) -> None:
    path, train = checkpoint(tmp_path)
    longer = small(epochs=5).fit(train, resume_from=path)
    assert fitted_bytes(longer) == fitted_bytes(small(epochs=5).fit(train))
    finished = small().fit(train, resume_from=path)
    assert fitted_bytes(finished) == fitted_bytes(small().fit(train))


def test_every_so_many_epochs(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    small(epochs=5).fit(two_tastes(), callbacks=[Checkpoint(path, every=2)])
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()["recsys_edu.checkpoint"])
    assert header["epochs_done"] == 4
    assert [entry.name for entry in tmp_path.iterdir()] == ["checkpoint"]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"learning_rate": 0.5}, r"another configuration: learning_rate 0.005 \(now 0.5\)"),
        ({"loss": "in-batch"}, "another configuration: loss 'bpr'"),
        ({"n_factors": 9, "seed": 1}, "n_factors 8 .*, seed 0 "),
    ],
)
def test_another_configuration_is_refused(
    arguments: dict[str, Any], match: str, tmp_path: Path
) -> None:
    path, train = checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match=match):
        small(**arguments).fit(train, resume_from=path)


def test_with_falling_steps_the_number_of_epochs_is_configuration(tmp_path: Path) -> None:
    path, train = checkpoint(tmp_path, schedule="linear")
    with pytest.raises(CheckpointError, match=r"epochs 3 \(now 5\)"):
        small(schedule="linear", epochs=5).fit(train, resume_from=path)


@pytest.mark.parametrize(
    "change",
    [
        lambda train: train.keep(train.indices != 3),
        lambda train: Interactions(train.indptr, train.indices, train.user_ids + 1, train.item_ids),
        lambda train: Interactions(train.indptr, train.indices, train.user_ids, train.item_ids + 1),
    ],
    ids=["interactions", "users", "items"],
)
def test_other_data_are_refused(
    change: Callable[[Interactions], Interactions], tmp_path: Path
) -> None:
    path, train = checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="learned from other interactions"):
        small(epochs=4).fit(change(train), resume_from=path)


def test_other_features_are_refused(tmp_path: Path) -> None:
    train, path = tastes_with_features(20), tmp_path / "checkpoint"
    small().fit(train, callbacks=[Checkpoint(path)])
    assert train.item_features is not None
    other = train.with_features(items=train.item_features.rows(train.item_features.ids[1:]))
    with pytest.raises(CheckpointError, match="other interactions, ids or features"):
        small(epochs=4).fit(other, resume_from=path)


def assert_refused(path: Path, train: Interactions, match: str) -> None:
    model = small(epochs=4)
    with pytest.raises(CheckpointError, match=match) as caught:
        model.fit(train, resume_from=path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_damaged_foreign_and_newer_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    path, train = checkpoint(tmp_path)
    whole = path.read_bytes()
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert_refused(path, train, "is truncated, or was never a checkpoint")
    path.write_bytes(pickle.dumps({"towers": 1}))
    assert_refused(path, train, "was never a checkpoint")
    path.write_bytes(whole)
    tensors = load_file(path)
    save_file(tensors, path)
    assert_refused(path, train, "a safetensors file, but of something else")
    assert_refused(tmp_path / "absent", train, "cannot be read: No such file|absent")


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()["recsys_edu.checkpoint"])
    tensors = load_file(path)
    change(header, tensors)
    save_file(tensors, path, metadata={"recsys_edu.checkpoint": json.dumps(header)})


def test_a_newer_format_says_to_upgrade(tmp_path: Path) -> None:
    path, train = checkpoint(tmp_path)
    rewritten(path, lambda header, tensors: header.update(format=2))
    assert_refused(path, train, "upgrade")


@pytest.mark.parametrize(
    "change",
    [
        lambda header, tensors: tensors.pop("generator"),
        lambda header, tensors: tensors.update(generator=tensors["generator"][:5].clone()),
        lambda header, tensors: tensors.pop("towers.users.ids.weight"),
        lambda header, tensors: tensors.update(
            {"towers.users.ids.weight": tensors["generator"].clone()}
        ),
        lambda header, tensors: tensors.update(
            {"optimizers.0.0.exp_avg": tensors["generator"].clone()}
        ),
        lambda header, tensors: header.pop("history"),
        lambda header, tensors: header.update(history=[{"epoch": 1}]),
        lambda header, tensors: header.update(epochs_done=None),
    ],
)
def test_a_file_that_lacks_something_is_damaged(change: Any, tmp_path: Path) -> None:
    path, train = checkpoint(tmp_path)
    rewritten(path, change)
    assert_refused(path, train, "is damaged")


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be written"):
        small().fit(two_tastes(), callbacks=[Checkpoint(tmp_path / "absent" / "checkpoint")])


def test_a_killed_process_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    code = (
        "import os, sys\n"
        "from recsys_edu import Callback, Checkpoint\n"
        "from tests.recsys_edu.small_bpr import two_tastes\n"
        "from tests.recsys_edu.small_towers import small\n"
        "class Die(Checkpoint):\n"
        "    def on_epoch(self, model, report):\n"
        "        super().on_epoch(model, report)\n"
        "        if report.epoch == 2: os._exit(9)\n"
        "small(epochs=4).fit(two_tastes(), callbacks=[Die(sys.argv[1])])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], check=False)
    assert done.returncode == 9
    resumed: TwoTower = small(epochs=4).fit(two_tastes(), resume_from=path)
    assert fitted_bytes(resumed) == fitted_bytes(small(epochs=4).fit(two_tastes()))
