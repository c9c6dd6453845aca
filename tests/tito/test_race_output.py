"""``tito race`` when all goes well: what it says, and what it writes."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import pytest

from recsys_edu import __version__
from tests.tito.race_command import QUICK, Run, script


def test_the_script_races_and_writes_what_it_was_asked_for(data: Path, work: Path) -> None:
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--epochs", "2", "--factors", "4"),
        *("--models", "naive, optimized,torch,two-tower,popularity", "--seeds", "1"),
        *("--json", work / "race.json", "--plot", work / "race.png"),
        RECSYS_EDU_DATA=data,
    )
    assert (status, err) == (0, "")
    for expected in ("ml-1m-implicit: 30 users", "NDCG@10", "vs naive", "1.0 ×", "2 epochs"):
        assert expected in out
    assert out.endswith(f"wrote {work / 'race.json'}\nwrote {work / 'race.png'}\n")
    assert sorted(entry.name for entry in work.iterdir()) == ["race.json", "race.png"]

    picture = (work / "race.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (1425, 750)

    found = json.loads((work / "race.json").read_text())
    assert set(found) == {
        *("dataset", "n_users", "n_items", "n_train", "n_test", "seeds", "settings"),
        *("machine", "entries", "left_out"),
    }
    assert found["dataset"] == "ml-1m-implicit"
    assert (found["n_users"], found["n_items"], found["seeds"]) == (30, 40, [1])
    assert found["settings"] == {
        "epochs": 2,
        "n_factors": 4,
        "learning_rate": 0.05,
        "reg": 0.01,
        "n_threads": 1,
        "n_blocks": None,
    }
    assert found["machine"]["recsys_edu"] == __version__
    assert found["machine"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"processor", "cores", "system", "numpy", "torch", "simd"} <= set(found["machine"])
    assert found["left_out"] == []
    names = ["naive", "optimized", "torch", "two-tower", "popularity"]
    assert [entry["name"] for entry in found["entries"]] == names
    for entry in found["entries"]:
        assert set(entry) == {
            *("name", "model", "backend", "fit_seconds", "n_repeats", "triples_per_second"),
            *("speedup_over_naive", "peak_memory_mb", "metrics", "metrics_by_seed", "curve"),
            *("learners_ops", "training_ops"),
        }
        assert entry["fit_seconds"] > 0
        assert entry["peak_memory_mb"] >= 0
        assert set(entry["metrics"]) == {"recall@10", "ndcg@10", "coverage@10"}
        assert entry["metrics_by_seed"] == {k: [v] for k, v in entry["metrics"].items()}
        assert entry["name"] in out
    models = [entry["model"] for entry in found["entries"]]
    assert models == ["BPR", "BPR", "BPR", "TwoTower", "MostPopular"]
    assert found["entries"][0]["metrics"] == found["entries"][1]["metrics"]


def test_without_paths_nothing_is_written(
    race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    status, out, err = race(*QUICK, "--models", "optimized,popularity")
    assert (status, err) == (0, "")
    assert "wrote" not in out
    assert not list(work.iterdir())


def test_an_older_json_is_replaced(race: Run, work: Path) -> None:
    (work / "race.json").write_text("older")
    assert race(*QUICK, "--models", "popularity", "--json", work / "race.json").status == 0
    assert json.loads((work / "race.json").read_text())["entries"]
    assert [entry.name for entry in work.iterdir()] == ["race.json"]


def test_a_pipe_has_the_whole_width_and_no_colors() -> None:
    status, out, _ = script(*QUICK, "--models", "popularity", "--seeds", "0,1")
    assert status == 0
    assert "\x1b" not in out
    assert "…" not in out
    assert "seeds 0, 1" in out
