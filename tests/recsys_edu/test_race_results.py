"""Results of a race as JSON and as a table."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest

from recsys_edu.race import RaceEntry, RaceResult, RaceSettings
from recsys_edu.race.table import duration, race_table
from tests.recsys_edu.race_results import result


def test_json_is_the_result_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "race.json"
    path.write_text("older")
    one = result()
    one.write_json(path)
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert json.loads(text) == one.to_dict()
    assert RaceResult(
        **{
            **json.loads(text),
            "settings": RaceSettings(**json.loads(text)["settings"]),
            "entries": [RaceEntry(**entry) for entry in json.loads(text)["entries"]],
        }
    ) == (one)
    with pytest.raises(OSError, match="folder"):
        one.write_json(tmp_path)
    with pytest.raises(FileNotFoundError):
        one.write_json(tmp_path / "missing" / "race.json")
    assert [entry.name for entry in tmp_path.iterdir()] == ["race.json"]


def rendered(one: RaceResult, width: int = 140) -> str:
    from rich.console import Console

    console = Console(width=width, record=True, file=io.StringIO())
    console.print(race_table(one))
    return console.export_text()


def test_the_table_has_every_figure() -> None:
    text = rendered(result())
    for expected in (
        *("made-up: 1,000 users, 2,000 items, 30,000 training and 4,000 test interactions",),
        *("2 epochs, 4 factors, 1 thread, seed 0", "Recall@10", "NDCG@10", "Coverage@10"),
        *("2.00 s", "4.0 ms", "20 µs", "25,000,000", "500 ×", "1.0 ×", "0.2500", "a processor"),
    ):
        assert expected in text, expected
    memory = rendered(
        result(entries=[dataclasses.replace(result().entries[0], peak_memory_mb=12.34)])
    )
    assert "12.3 MB" in memory


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2e-6, "2 µs"),
        (0.0005, "500 µs"),
        (0.0015, "1.5 ms"),
        (0.0424, "42.4 ms"),
        (1.0, "1.00 s"),
        (75.5, "75.50 s"),
    ],
)
def test_durations_have_a_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_settings_speak_in_singular_and_plural() -> None:
    assert str(RaceSettings(1, 1, n_threads=1)) == "1 epoch, 1 factor, 1 thread"
    assert str(RaceSettings(20, 64, n_threads=2)) == "20 epochs, 64 factors, 2 threads"
