"""``tito export-model`` and ``tito recommend``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys_edu import (
    BPR,
    Features,
    Interactions,
    ItemKNN,
    Ranker,
    Recommender,
    TwoTower,
    load_model,
)
from tests.tito.race_command import Outcome, assert_one_sentence
from tito.main import main

Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``tito …`` in this process."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tito", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
        return Outcome(status, *capsys.readouterr())

    return call


def saved(path: Path, model: Recommender | None = None, *, named: bool = True) -> Path:
    """A model of three users, each of whom has two of four songs."""
    users, songs = [0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 3]
    events = Interactions.from_events(
        [("ann", "bob", "cid")[u] for u in users] if named else users,
        [f"song {s}" for s in songs] if named else songs,
    )
    (model or BPR(4, 2, progress=False)).fit(events).save(path)
    return path


def test_a_saved_model_is_exported_and_recommends(run: Run, work: Path) -> None:
    model = saved(work / "songs.npz")
    status, out, err = run("export-model", model)
    assert (status, err) == (0, "")
    assert out.startswith(f"{work / 'songs.onnx'} is written: the lists of 3 users are the model's")
    status, out, err = run("recommend", work / "songs.onnx", "cid", "ann", "-k", 1)
    assert (status, err) == (0, "")
    expected = load_model(model).recommend(["cid", "ann"], 1)
    said = [line.split("\t") for line in out.splitlines()]
    assert [line[:2] for line in said] == [
        ["cid", expected.items[0][0]],
        ["ann", expected.items[1][0]],
    ]
    scores = [scores[0] for scores in expected.scores]
    assert [float(line[2]) for line in said] == pytest.approx(scores, abs=1e-4)


def test_a_target_may_be_named(run: Run, work: Path) -> None:
    assert run("export-model", saved(work / "songs"), work / "other.model").status == 0
    assert sorted(entry.name for entry in work.iterdir()) == ["other.model", "songs"]
    assert Ranker(work / "other.model").model == "bpr"


def test_integer_ids_are_read_as_integers(run: Run, work: Path) -> None:
    run("export-model", saved(work / "m.npz", named=False))
    status, out, err = run("recommend", work / "m.onnx", "2")
    assert (status, err) == (0, "")
    assert sorted(line.split("\t")[1] for line in out.splitlines()) == ["0", "1"]
    outcome = run("recommend", work / "m.onnx", "2", "zoe")
    assert_one_sentence(outcome)
    assert "'zoe'" in outcome.err
    assert "integers" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("recommend", "songs.onnx", "zoe"), "unknown user ids: 'zoe'"),
        (("recommend", "songs.onnx", "ann", "-k", "0"), "k must be a whole number of at least 1"),
        (("recommend", "songs.onnx", "ann", "-k", "few"), "'few' is not a valid integer"),
        (("recommend", "songs.onnx"), "Give either USER... or --features"),
        (("recommend", "songs.onnx", "ann", "--features", "{}"), "Give either USER... or"),
        (("recommend", "songs.onnx", "--features", '{"age": 3}'), "learned from no features"),
        (("recommend", "missing.onnx", "ann"), "missing.onnx cannot be read"),
        (("recommend", "songs.npz", "ann"), "make one with `tito export-model`"),
        (("recommend", "short.onnx", "ann"), "truncated"),
        (("export-model", "missing.npz"), "missing.npz cannot be read"),
        (("export-model", "songs.onnx", "again.onnx"), "never a model file"),
        (("export-model", "songs.npz", "songs.npz"), "name another TARGET"),
        (("export-model", "songs.npz", "nowhere/songs.onnx"), "cannot be written"),
        (("export-model", "knn.npz"), "ItemKNN cannot be exported"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: tuple[str, ...], said: str, run: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    run("export-model", saved(work / "songs.npz"))
    saved(work / "knn.npz", ItemKNN())
    (work / "short.onnx").write_bytes((work / "songs.onnx").read_bytes()[:-7])
    before = sorted((entry.name, entry.read_bytes()) for entry in work.iterdir())
    outcome = run(*arguments)
    assert_one_sentence(outcome)
    assert said in outcome.err
    assert sorted((entry.name, entry.read_bytes()) for entry in work.iterdir()) == before


def stranger(run: Run, work: Path, features: str) -> Outcome:
    """Recommend to somebody by a model that knows jobs, ages and languages."""
    events = Interactions.from_events(["ann", "ann", "bob"], [1, 2, 3]).with_features(
        users=Features(
            ["ann", "bob"],
            categorical={"job": ["cook", "poet"]},
            numeric={"age": [20, 30]},
            multi_hot={"languages": [["en"], ["en", "is"]]},
        )
    )
    model = TwoTower(4, 2, progress=False, device="cpu").fit(events)
    model.save(work / "m.npz")
    run("export-model", work / "m.npz")
    return run("recommend", work / "m.onnx", "--features", features, "-k", "2")


def test_a_stranger_is_described_in_json(run: Run, work: Path) -> None:
    status, out, err = stranger(run, work, '{"job": "poet", "age": 33.5, "languages": ["is"]}')
    assert (status, err) == (0, "")
    who = Features(
        [7],
        categorical={"job": ["poet"]},
        numeric={"age": [33.5]},
        multi_hot={"languages": [["is"]]},
    )
    expected = Ranker(work / "m.onnx").recommend_to(who, 2)
    assert [line.split("\t")[:2] for line in out.splitlines()] == [
        ["-", str(item)] for item in expected.items[0]
    ]


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ('{"job": "poet"', "--features takes a JSON object"),
        ("[1]", "a JSON object of names and values"),
        ("{}", "a JSON object of names and values"),
        ('{"job": "poet", "age": 3}', "lack languages"),
        ('{"job": "poet", "age": 3, "languages": [], "town": "x"}', "have town"),
        ('{"job": "poet", "age": "old", "languages": []}', "'age' must be numbers"),
        ('{"job": "poet", "age": NaN, "languages": []}', "finite"),
        ('{"job": ["poet"], "age": 3, "languages": []}', "'job' must be one-dimensional"),
        ('{"job": "poet", "age": 3, "languages": "is"}', "'languages' must be a collection"),
    ],
)
def test_a_bad_description_is_one_sentence(features: str, said: str, run: Run, work: Path) -> None:
    outcome = stranger(run, work, features)
    assert_one_sentence(outcome)
    assert said in outcome.err


def test_a_million_items_are_all_there_are(run: Run, work: Path) -> None:
    run("export-model", saved(work / "songs.npz"))
    status, out, _ = run("recommend", work / "songs.onnx", "ann", "-k", 10**6)
    assert status == 0
    assert sorted(line.split("\t")[1] for line in out.splitlines()) == ["song 2", "song 3"]


def test_recommending_loads_neither_torch_nor_what_trains(run: Run, work: Path) -> None:
    run("export-model", saved(work / "songs.npz"))
    code = (
        "import json, sys\n"
        "from tito.main import main\n"
        "try: main()\n"
        "except SystemExit as leaving: assert not leaving.code\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "recommend", str(work / "songs.onnx"), "ann"],
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, modules = done.stdout.splitlines()
    assert len(lines) == 2
    loaded = json.loads(modules)
    assert "onnxruntime" in loaded
    unwanted = ("torch", "onnx", "scipy", "rich", "recsys_backends.ops", "recsys_edu.interactions")
    assert set(unwanted) & set(loaded) == set()
    of_models = [name for name in loaded if name.startswith("recsys_edu.models.")]
    assert of_models == ["recsys_edu.models.feature_encoding"]
