"""Contestants as objects: of the catalogue or not, on a learner's ops, by any launcher."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from recsys_backends import use_backend
from recsys_edu import ALS, BPR, MostPopular
from recsys_edu.benchmarking import NotMeasuredError
from recsys_edu.errors import InvalidParameterError
from recsys_edu.models.catalogue import model_class, model_names
from recsys_edu.race import (
    Contestant,
    RaceSettings,
    TimedFit,
    contestant_of,
    contestants,
    run_race,
)
from recsys_edu.race.table import learners_part
from recsys_edu.student import StudentBackend
from tests.recsys_edu.small_bpr import small, two_tastes
from tests.recsys_edu.workspaces import make_workspace, run_python

ITEM_SIMILARITY = (
    "from recsys_backends.naive import item_similarity as _answer\n\n"
    "def item_similarity(*a, **k):\n    return _answer(*a, **k)\n"
)
ALS_HALF_STEP = ITEM_SIMILARITY.replace("item_similarity", "als_half_step")
ONE_BLOCK_PLAN = (
    "from recsys_backends.naive import plan_epoch as _answer\n\n"
    "def plan_epoch(indptr, indices, n_items, *, seed, epoch, n_blocks=1, **more):\n"
    "    if n_blocks != 1:\n"
    "        raise NotImplementedError('one block only')\n"
    "    return _answer(indptr, indices, n_items, seed=seed, epoch=epoch, **more)\n"
)


class Stopwatch:
    """A launcher that knows everything beforehand."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def fit(
        self, contestant: Contestant, settings: RaceSettings, seed: int, train: Any
    ) -> TimedFit:
        self.asked.append(("fit", contestant.name, seed))
        with contestant.on_backend():
            return TimedFit(contestant.make(settings, seed).fit(train), 3.5, 2)

    def peak_memory(self, contestant: Contestant, dataset: str, settings: RaceSettings) -> float:
        self.asked.append(("memory", contestant.name, dataset))
        if contestant.name == "popularity":
            raise NotMeasuredError("it weighs nothing")
        return 7.25


def test_clock_and_memory_are_the_launchers() -> None:
    racing, _ = contestants(["popularity", "optimized"])
    stopwatch = Stopwatch()
    found = run_race(racing, settings=RaceSettings(1, 2), seeds=[3, 4], launcher=stopwatch)
    assert stopwatch.asked == [
        *[("fit", name, seed) for name in ("popularity", "optimized") for seed in (3, 4)],
        *[("memory", name, "synthetic-100k") for name in ("popularity", "optimized")],
    ]
    assert [entry.fit_seconds for entry in found.entries] == [3.5, 3.5]
    assert [entry.n_repeats for entry in found.entries] == [2, 2]
    assert [entry.peak_memory_mb for entry in found.entries] == [None, 7.25]
    assert found.left_out == ["the memory of popularity was not measured: it weighs nothing"]


class Rarest(MostPopular):
    """A model that nobody has heard of."""

    def __init__(self, exponent: float = 1.0) -> None:
        super().__init__()
        self.exponent = exponent


def test_a_model_outside_the_catalogue_can_race() -> None:
    racing = [contestant_of(Rarest, "rarest", own={"exponent": 2.0})]
    assert racing[0].make(RaceSettings(), 0).settings() == {"exponent": 2.0}
    (entry,) = run_race(racing, settings=RaceSettings(1, 2), launcher=Stopwatch()).entries
    assert (entry.name, entry.model, entry.backend) == ("rarest", "Rarest", None)
    with pytest.raises(InvalidParameterError, match="once"):
        run_race(racing * 2)


def test_every_model_of_the_catalogue_can_race() -> None:
    """On each backend that it can train on; nothing but the model says how."""
    for name in model_names():
        model = model_class(name)
        backends = ["naive-", "optimized-"] if model.training_ops else []
        names = ["naive"] if model.race.by_backend else [name, *(b + name for b in backends)]
        for contestant in contestants(names)[0]:
            made = contestant.make(RaceSettings(7, 5, 0.5, 0.25, 1, 1), 11)
            assert type(made) is model
            assert contestant.training_ops == model.training_ops
            assert (contestant.backend is None) == (not model.training_ops)
            assert made.settings().get("progress", False) is False


def test_blocks_are_those_of_the_race() -> None:
    (contestant,), _ = contestants(["naive"])
    assert contestant.make(RaceSettings(n_blocks=1), 0).settings()["n_blocks"] == 1
    assert contestant.make(RaceSettings(), 0).settings()["n_blocks"] is None
    assert str(RaceSettings(1, 1, n_blocks=1)) == "1 epoch, 1 factor, 1 thread, 1 block"


@pytest.mark.parametrize(("n_blocks", "own"), [(1, ["plan_epoch"]), (2, [])])
def test_which_ops_were_the_learners_is_what_was_used(
    n_blocks: int, own: list[str], tmp_path: Path
) -> None:
    backend = StudentBackend(make_workspace(tmp_path, bpr=ONE_BLOCK_PLAN) / "my_recsys")
    with use_backend(backend) as loaded:
        contestant = Contestant("student", "BPR", "student", BPR, BPR.training_ops)  # type: ignore[arg-type]
        small(n_blocks=n_blocks).fit(two_tastes())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Contestant, "loaded_backend", lambda self: loaded)
        assert contestant.learners_ops() == own


def test_a_learners_neighbours_and_als_race(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, neighbors=ITEM_SIMILARITY, factorization=ALS_HALF_STEP)
    asked = (
        *("race", "--models", "student-item-knn,student-als,student"),
        *("--epochs", "1", "--factors", "2", "--blocks", "1", "--json", "race.json"),
    )
    code = "from tito.main import main; main()"
    done = run_python("-c", code, *asked, cwd=workspace, RECSYS_EDU_DATA="")
    assert done.returncode == 0, done.stderr
    entries = json.loads((workspace / "race.json").read_text())["entries"]
    assert [(e["name"], e["model"], e["learners_ops"]) for e in entries] == [
        ("student-item-knn", "ItemKNN", ["item_similarity"]),
        ("student-als", "ALS", ["als_half_step"]),
        ("student", "BPR", []),
    ]
    assert all(entry["peak_memory_mb"] is not None for entry in entries)
    for line in (
        "student-item-knn: item_similarity is yours",
        "student-als: als_half_step is yours",
        "student: plan_epoch and bpr_update are naive's",
    ):
        assert line in done.stdout


def test_other_backends_have_no_learners_part() -> None:
    racing, _ = contestants(["optimized", "popularity"])
    for entry in run_race(racing, settings=RaceSettings(1, 2), launcher=Stopwatch()).entries:
        assert entry.learners_ops is None
        assert learners_part(entry) == ""


def test_as_many_files_name_a_model_as_have_to() -> None:
    """Its own, and one line of the catalogue: help, race, exports and files derive from these."""
    root = Path(sys.modules["recsys_edu"].__path__[0])
    packages = (root, root.parent / "tito", root.parent / "backends" / "recsys_backends")
    naming = [
        path.relative_to(root.parent).as_posix()
        for package in packages
        for path in sorted(package.rglob("*.py*"))
        if path.suffix in {".py", ".pyi"}
        and any(
            f"import {word}" in path.read_text(encoding="utf-8") for word in ("PureSVD", "UserKNN")
        )
    ]
    assert naming == ["recsys_edu/models/__init__.pyi"]
    assert ALS.name in model_names()
