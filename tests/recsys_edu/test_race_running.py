"""Running a race: who may run, what is measured, and what is refused beforehand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_backends import (
    BackendUnavailableError,
    UnknownBackendError,
    get_backend,
    optimized,
    register_backend,
    set_backend,
    unregister_backend,
)
from recsys_edu import (
    ALS,
    BPR,
    ItemKNN,
    PureSVD,
    RecsysError,
    UserKNN,
    evaluate,
    load_split,
)
from recsys_edu.errors import DatasetNotFoundError, DivergedError, InvalidParameterError
from recsys_edu.race import (
    DEFAULT_CONTESTANTS,
    LocalLauncher,
    RaceResult,
    RaceSettings,
    contestants,
    run_race,
)
from recsys_edu.race.memory import first_interactions

SETTINGS = RaceSettings(epochs=2, n_factors=4, n_threads=1)


def race(names: Sequence[str], *arguments: Any, **named: Any) -> RaceResult:
    """A race of the contestants of these names."""
    return run_race(contestants(names)[0], *arguments, **named)


@pytest.fixture(autouse=True)
def _same_backend_afterwards() -> Iterator[None]:
    before = get_backend().name
    set_backend("optimized")
    yield
    set_backend(before)


def write_tiny(folder: Path, *, n_saturated: int = 0) -> None:
    """A dataset of 40 users and 50 items that comes already split."""
    rng = np.random.default_rng(0)
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for user in range(40 + n_saturated):
        if user < n_saturated:
            parts["train"].append(f"{user} " + " ".join(map(str, range(50))))
            continue
        items = rng.permutation(50)[:14]
        for name, some in (("train", items[:9]), ("valid", items[9:11]), ("test", items[11:])):
            parts[name].append(f"{user} " + " ".join(map(str, some)))
    # Every id occurs.
    parts["train"].append(f"{40 + n_saturated} " + " ".join(map(str, range(49))))
    parts["test"].append(f"{40 + n_saturated} 49")
    (folder / "ml-1m-implicit").mkdir(exist_ok=True)
    for name, lines in parts.items():
        (folder / "ml-1m-implicit" / f"{name}.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RECSYS_EDU_DATA", str(tmp_path))
    write_tiny(tmp_path)
    return "ml-1m-implicit"


# Who may run


def test_contestants_are_backends_and_models_in_the_order_named() -> None:
    found, left_out = contestants(["two-tower", "optimized", "popularity", "auto", "als"])
    assert [(c.name, c.model, c.backend) for c in found] == [
        ("two-tower", "TwoTower", None),
        ("optimized", "BPR", "optimized"),
        ("popularity", "MostPopular", None),
        ("auto", "BPR", "optimized"),
        ("als", "ALS", "optimized"),
    ]
    assert left_out == []
    counting, left_out = contestants(["item-knn", "user-knn", "pure-svd"])
    assert [(c.name, c.model, c.backend) for c in counting] == [
        ("item-knn", "ItemKNN", "optimized"),
        ("user-knn", "UserKNN", "optimized"),
        ("pure-svd", "PureSVD", None),
    ]
    assert [c.make(RaceSettings(7, 5, n_threads=3), 11).settings() for c in counting] == [
        {**ItemKNN().settings(), "n_threads": 3},
        {**UserKNN().settings(), "n_threads": 3},
        {**PureSVD().settings(), "n_factors": 5, "seed": 11, "n_threads": 3},
    ]
    model = found[1].make(RaceSettings(7, 5, 0.1, 0.2, 3), 11)
    assert isinstance(model, BPR)
    assert model.settings() == {
        **BPR().settings(),
        "epochs": 7,
        "n_factors": 5,
        "learning_rate": 0.1,
        "reg": (0.2, 0.2, 0.2),
        "n_threads": 3,
        "seed": 11,
        "progress": False,
    }


def test_als_takes_the_settings_that_it_has() -> None:
    (contestant,), _ = contestants(["als"])
    model = contestant.make(RaceSettings(7, 5, 0.1, 0.2, 3), 11)
    assert isinstance(model, ALS)
    assert model.settings() == {
        **ALS().settings(),
        "epochs": 7,
        "n_factors": 5,
        "n_threads": 3,
        "seed": 11,
        "progress": False,
    }


def test_als_races_beside_the_others(tiny: str) -> None:
    found = race(["als", "popularity"], tiny, RaceSettings(3, 4), memory=False)
    als, popular = found.entries
    assert als.backend == "optimized"
    assert als.triples_per_second is None  # it learns from pairs
    assert als.speedup_over_naive is None
    assert als.metrics != popular.metrics


@pytest.mark.parametrize("names", [[], ["naive", "naive"], ["naive", "popularity", "naive"]])
def test_each_contestant_is_named_once(names: list[str]) -> None:
    with pytest.raises(InvalidParameterError, match="once"):
        contestants(names)


def test_an_unknown_contestant_is_an_error_with_a_suggestion() -> None:
    for skip in (False, True):
        with pytest.raises(UnknownBackendError, match="optimised") as caught:
            contestants(["naive", "optimised"], skip_unavailable=skip)
        assert "Did you mean 'optimized'?" in str(caught.value)
        assert "two-tower" in str(caught.value)


def test_what_cannot_run_is_an_error_or_left_out_with_the_reason() -> None:
    register_backend("broken", "recsys_backends.no_such_module")
    try:
        with pytest.raises(BackendUnavailableError, match="no_such_module"):
            contestants(["broken", "naive"])
        found, left_out = contestants(["broken", "naive"], skip_unavailable=True)
    finally:
        unregister_backend("broken")
    assert [c.name for c in found] == ["naive"]
    assert len(left_out) == 1
    assert left_out[0].startswith("broken is left out: ")
    assert "no_such_module" in left_out[0]


# What is measured


def test_every_default_contestant_runs_on_tiny_data(tiny: str) -> None:
    told: list[str] = []
    found = race(DEFAULT_CONTESTANTS, tiny, SETTINGS, memory=False, report=told.append)
    assert [entry.name for entry in found.entries] == list(DEFAULT_CONTESTANTS)
    split = load_split(tiny).fold_valid()
    shape = (found.n_users, found.n_items, found.n_train, found.n_test)
    assert shape == (*split.train.shape, split.train.nnz, split.test.nnz)
    assert shape == (41, 50, 40 * 11 + 49, 40 * 3 + 1)
    for entry in found.entries:
        assert set(entry.metrics) == {"recall@10", "ndcg@10", "coverage@10"}
        assert all(0 <= value <= 1 for value in entry.metrics.values())
        assert entry.fit_seconds > 0
        assert 1 <= entry.n_repeats <= 7
        assert entry.peak_memory_mb is None
        assert any(sentence.startswith(entry.name) for sentence in told)
    by_name = {entry.name: entry for entry in found.entries}
    assert by_name["naive"].metrics == by_name["optimized"].metrics
    assert by_name["naive"].speedup_over_naive == 1.0
    naive, fast = by_name["naive"], by_name["optimized"]
    assert fast.speedup_over_naive == pytest.approx(naive.fit_seconds / fast.fit_seconds)
    assert by_name["two-tower"].speedup_over_naive is None
    assert by_name["popularity"].speedup_over_naive is None
    assert by_name["popularity"].triples_per_second is None
    # The user with 49 of 50 items has a negative for each, so every interaction is a triple.
    assert fast.triples_per_second == pytest.approx(2 * split.train.nnz / fast.fit_seconds)
    assert found.left_out == []
    assert get_backend().name == "optimized"


def test_the_quality_is_that_of_a_full_fit(tiny: str) -> None:
    settings = RaceSettings(epochs=30, n_factors=4, learning_rate=0.1)
    (entry,) = race(["optimized"], tiny, settings, seeds=[5], memory=False).entries
    split = load_split(tiny).fold_valid()
    model = BPR(4, 30, 0.1, 0.01, seed=5, progress=False).fit(split.train)
    assert entry.metrics["ndcg@10"] == evaluate(model, split, metrics=["ndcg@10"])["ndcg@10"]
    assert entry.speedup_over_naive is None  # naive did not run


def test_seeds_are_averaged() -> None:
    found = race(["popularity"], "synthetic-100k", seeds=[3, 1], memory=False)
    (entry,) = found.entries
    assert found.seeds == [3, 1]
    for name, values in entry.metrics_by_seed.items():
        assert len(values) == 2
        assert entry.metrics[name] == pytest.approx(float(np.mean(values)))
    assert len(set(entry.metrics_by_seed["ndcg@10"])) == 2  # another seed, another split
    assert found.n_train == 80_000


def test_memory_is_measured_in_a_process_of_its_own(tiny: str) -> None:
    found = race(["optimized", "popularity"], tiny, SETTINGS)
    for entry in found.entries:
        assert entry.peak_memory_mb is not None
        assert 0 <= entry.peak_memory_mb < 100
    wide = RaceSettings(epochs=1, n_factors=60_000)
    (large,) = race(["optimized"], tiny, wide).entries
    assert large.peak_memory_mb is not None
    assert large.peak_memory_mb > 4 * 60_000 * (41 + 50) / 1e6  # the factors alone


def test_a_registered_backend_can_race_with_memory_measured(tiny: str) -> None:
    """The other process does not know what was registered here, unless it is told."""
    register_backend("mine", "recsys_backends.optimized")
    try:
        (entry,) = race(["mine"], tiny, SETTINGS).entries
    finally:
        unregister_backend("mine")
    assert entry.backend == "mine"
    assert entry.peak_memory_mb is not None


def test_a_backend_that_is_an_object_here_can_race(tiny: str) -> None:
    """It cannot be had in another process, so its memory is not known; the rest is."""
    register_backend("mine", optimized)
    try:
        (entry,) = race(["mine"], tiny, SETTINGS).entries
    finally:
        unregister_backend("mine")
    assert entry.peak_memory_mb is None
    assert entry.metrics["coverage@10"] > 0


def test_a_race_runs_from_a_plain_script(tiny: str, tmp_path: Path) -> None:
    """Without ``if __name__ == "__main__"``, which a learner's script need not have."""
    script = tmp_path / "script.py"
    script.write_text(
        "from recsys_edu.race import RaceSettings, contestants, run_race\n"
        f"found = run_race(contestants(['optimized'])[0], {tiny!r}, RaceSettings(1, 4))\n"
        "print(found.entries[0].peak_memory_mb >= 0)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=100
    )
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr[-2000:]


@pytest.mark.parametrize("n", [1, 10, 500, 10**6])
def test_warming_up_takes_the_first_interactions(tiny: str, n: int) -> None:
    train = load_split(tiny).train
    few = first_interactions(train, n)
    assert few.shape == train.shape
    np.testing.assert_array_equal(few.indices, train.indices[:n])


def test_users_who_have_seen_everything_do_not_stop_the_warm_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first 10 users have all 50 items: the first 500 interactions teach nothing."""
    monkeypatch.setenv("RECSYS_EDU_DATA", str(tmp_path))
    write_tiny(tmp_path, n_saturated=10)
    found = race(["optimized"], "ml-1m-implicit", SETTINGS, memory=False)
    assert found.entries[0].metrics["coverage@10"] > 0


# What is refused, and when


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"dataset": "synthetic-100"}, DatasetNotFoundError),
        ({"names": ["navie"]}, UnknownBackendError),
        ({"seeds": []}, InvalidParameterError),
        ({"seeds": [-1]}, InvalidParameterError),
        ({"seeds": [0, 0]}, InvalidParameterError),
        ({"seeds": [0, 2**64]}, InvalidParameterError),
        ({"settings": RaceSettings(epochs=0)}, InvalidParameterError),
        ({"settings": RaceSettings(n_factors=-1)}, InvalidParameterError),
        ({"settings": RaceSettings(learning_rate=float("nan"))}, InvalidParameterError),
        ({"settings": RaceSettings(reg=-1.0)}, InvalidParameterError),
        ({"settings": RaceSettings(reg=1e39)}, InvalidParameterError),
        ({"settings": RaceSettings(n_threads=-1)}, InvalidParameterError),
        ({"names": ["two-tower"], "seeds": [0, 2**63]}, InvalidParameterError),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_before_anything_is_fitted(
    arguments: dict[str, Any],
    error: type[Exception],
    tiny: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fitted(*args: Any) -> None:
        raise AssertionError("a model was fitted")

    monkeypatch.setattr(LocalLauncher, "fit", fitted)
    with pytest.raises(error):
        race(**{"dataset": tiny, "names": ["optimized"], "memory": False, **arguments})


def test_divergence_ends_the_race_and_says_when(tiny: str) -> None:
    settings = RaceSettings(epochs=3, learning_rate=1e5)
    with pytest.raises(DivergedError, match="epoch"):
        race(["popularity", "optimized"], tiny, settings, memory=False)


def test_errors_of_the_race_are_errors_of_the_library() -> None:
    for error in (DatasetNotFoundError, DivergedError, InvalidParameterError):
        assert issubclass(error, RecsysError)


def test_curves_have_a_point_for_each_epoch_of_who_has_epochs(tiny: str) -> None:
    names = ["optimized", "two-tower", "two-tower-in-batch", "two-tower-softmax", "popularity"]
    settings = RaceSettings(epochs=3, n_factors=4, n_threads=1)
    result = race(names, tiny, settings, memory=False, curves=True)
    for entry in result.entries:
        if entry.name == "popularity":
            assert entry.curve == []
            continue
        seconds, values = zip(*entry.curve, strict=True)
        assert len(values) == 3
        assert 0 < seconds[0] < seconds[1] < seconds[2]
        assert values[-1] == entry.metrics["ndcg@10"]  # the same fit again, looked at
    assert len({tuple(entry.curve) for entry in result.entries}) == 5
    assert race(["optimized"], tiny, settings, memory=False).entries[0].curve == []
