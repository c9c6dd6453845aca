"""Titles of items, by id, without any download."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys_edu import load_dataset
from recsys_edu.datasets import load_titles
from recsys_edu.errors import DatasetNotFoundError

FLAGS = "|".join(["0"] * 19)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of datasets, and an empty cache."""
    monkeypatch.setenv("RECSYS_EDU_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_films_have_their_titles_in_any_script(data: Path) -> None:
    folder = data / "ml-100k"
    folder.mkdir()
    (folder / "u.data").write_text("")
    lines = f"7|Amélie (2001)|01-Jan-2001|||{FLAGS}\n2|Heat (1995)|01-Jan-1995|||{FLAGS}\n"
    (folder / "u.item").write_bytes(lines.encode("latin-1"))
    assert load_titles("ml-100k") == {7: "Amélie (2001)", 2: "Heat (1995)"}


def test_titles_are_never_downloaded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a download was tried")

    monkeypatch.setattr("recsys_edu.datasets.download.fetch", refuse)
    with pytest.raises(DatasetNotFoundError, match="download_dataset"):
        load_titles("ml-100k")


def test_every_synthetic_item_has_a_title_of_its_own() -> None:
    titles = load_titles("synthetic-100k")
    ids = load_dataset("synthetic-100k").item_ids.tolist()
    assert set(ids) <= set(titles)
    assert len(set(titles.values())) == len(titles)


def test_a_dataset_without_titles_is_refused() -> None:
    with pytest.raises(DatasetNotFoundError, match="has no titles"):
        load_titles("ml-1m")
