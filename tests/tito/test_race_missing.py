"""``tito race`` without PyTorch, the compiled kernels, matplotlib or a backend it was asked for."""

from __future__ import annotations

import json
from pathlib import Path

from tests.tito.race_command import QUICK, assert_one_sentence, script


def without_torch(folder: Path) -> Path:
    """A folder for PYTHONPATH that hides PyTorch."""
    (folder / "hidden").mkdir()
    (folder / "hidden" / "torch.py").write_text("raise ImportError('hidden by a test')\n")
    return folder / "hidden"


def without_extension(folder: Path) -> Path:
    """A folder for PYTHONPATH that hides the compiled kernels."""
    (folder / "hidden").mkdir()
    (folder / "hidden" / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('recsys_backends.optimized._'):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    return folder / "hidden"


def test_a_missing_torch_is_one_sentence_when_asked_for(tmp_path: Path) -> None:
    hidden = without_torch(tmp_path)
    for name, remedy in (("torch", "pip install -e '.[torch]'"), ("two-tower", "[torch]'")):
        outcome = script("--models", f"popularity,{name}", PYTHONPATH=hidden)
        assert_one_sentence(outcome)
        assert outcome.status == 1
        assert "torch" in outcome.err
        assert remedy in outcome.err


def test_a_missing_torch_is_left_out_by_default_and_said(
    tmp_path: Path, data: Path, work: Path
) -> None:
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--json", work / "race.json", *QUICK),
        PYTHONPATH=without_torch(tmp_path),
        RECSYS_EDU_DATA=data,
    )
    assert status == 0
    words = " ".join(err.split())
    assert "torch is left out:" in words
    assert "two-tower is left out:" in words
    assert "pip install -e '.[torch]'" in words  # with its brackets
    assert "pip install 'recsys_edu[torch]'" in words
    assert "naive" in out
    assert "optimized" in out
    found = json.loads((work / "race.json").read_text())
    assert [entry["name"] for entry in found["entries"]] == ["popularity", "naive", "optimized"]
    assert len(found["left_out"]) == 2


def test_a_missing_extension_is_one_sentence_when_asked_for(tmp_path: Path) -> None:
    outcome = script("--models", "optimized", PYTHONPATH=without_extension(tmp_path))
    assert_one_sentence(outcome)
    assert "pip install -e ." in outcome.err
    assert "compiler" in outcome.err


def test_without_the_extension_everything_else_runs(tmp_path: Path, data: Path, work: Path) -> None:
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--json", work / "race.json", *QUICK),
        PYTHONPATH=without_extension(tmp_path),
        RECSYS_EDU_DATA=data,
    )
    assert status == 0
    assert "optimized is left out:" in " ".join(err.split())
    found = json.loads((work / "race.json").read_text())
    names = [entry["name"] for entry in found["entries"]]
    assert names == ["popularity", "naive", "torch", "two-tower"]
    assert "not built" in found["machine"]["simd"]
    assert "two-tower" in out


def test_an_unknown_backend_is_one_sentence_with_a_suggestion() -> None:
    outcome = script("--models", "optimised,naive")
    assert_one_sentence(outcome)
    assert outcome.status == 1
    assert "'optimised'" in outcome.err
    assert "Did you mean 'optimized'?" in outcome.err


def test_a_missing_matplotlib_is_said_before_the_race(tmp_path: Path, work: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError('hidden by a test')\n")
    outcome = script(
        *QUICK, "--models", "popularity", "--plot", work / "race.png", PYTHONPATH=tmp_path
    )
    assert_one_sentence(outcome)
    assert "recsys_edu[plot]" in outcome.err
    assert not list(work.iterdir())


def test_a_bad_simd_wish_does_not_cost_a_race_that_does_not_need_it(data: Path) -> None:
    """It is refused at once or makes no difference, rather than after the race was run."""
    status, out, err = script(
        *("--dataset", "ml-1m-implicit", "--models", "popularity", *QUICK),
        RECSYS_EDU_DATA=data,
        RECSYS_EDU_SIMD="sse9",
    )
    assert (status, err) == (0, "")
    assert "popularity" in out
