"""``tito race`` and paths that cannot be written: refused beforehand, if that can be known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tito.race_command import QUICK, Run, assert_one_sentence, no_race


@pytest.mark.parametrize("option", ["--json", "--plot"])
@pytest.mark.parametrize(
    "place",
    [
        "missing/race.png",
        "folder.png",
        "file/race.png",
        "x" * 300 + ".png",
        "/proc/race.png",
        "pipe.png",
        ".",
    ],
    ids=lambda place: place[:20],
)
def test_a_path_that_cannot_be_written_is_refused_before_the_race(
    option: str, place: str, race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys_edu.race.run_race", no_race)
    (work / "folder.png").mkdir()
    (work / "file").write_text("a file")
    os.mkfifo(work / "pipe.png")
    before = sorted(work.iterdir())
    outcome = race(*QUICK, "--models", "popularity", option, work / place)
    assert_one_sentence(outcome)
    assert place.rsplit("/", maxsplit=1)[-1] in outcome.err
    assert sorted(work.iterdir()) == before
    assert (work / "pipe.png").is_fifo()


def test_one_path_for_both_is_refused(
    race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture would replace the numbers."""
    monkeypatch.setattr("recsys_edu.race.run_race", no_race)
    both = work / "race.svg"
    outcome = race(*QUICK, "--models", "popularity", "--json", both, "--plot", both)
    assert_one_sentence(outcome)
    assert not list(work.iterdir())


@pytest.mark.parametrize("name", ["race.bmp", "race", "race.json"])
def test_an_unknown_kind_of_picture_is_refused_before_the_race(
    name: str, race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys_edu.race.run_race", no_race)
    outcome = race(*QUICK, "--models", "popularity", "--plot", work / name)
    assert_one_sentence(outcome)
    assert ".png" in outcome.err
    assert name in outcome.err
    assert not list(work.iterdir())


def test_a_disk_that_is_full_at_the_end_is_one_sentence(
    race: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table has been shown by then; the file is not there, and nothing beside it."""
    real = Path.write_text

    def full(self: Path, text: str, *arguments: str, **named: str) -> int:
        real(self, text[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    status, out, err = race(*QUICK, "--models", "popularity", "--json", work / "race.json")
    assert status == 1
    assert "popularity" in out
    assert err == f"tito: {work / 'race.json'} cannot be written: No space left on device.\n"
    assert not list(work.iterdir())
