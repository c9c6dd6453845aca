"""Entries: which files are one, which function they define, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recsys_edu.errors import RecsysError
from tests.leaderboard.toy import HONEST
from tito.leaderboard import build
from tito.leaderboard.build import artefact_of, write_module
from tito.leaderboard.division import find_division
from tito.leaderboard.entry import MAX_BYTES, Entry, divisions_for, read_entry
from tito.leaderboard.errors import EntryError, LeaderboardError, MissingFunctionError
from tito.leaderboard.place import board_url, person_named
from tito.leaderboard.verdict import printable


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def notebook(*cells: tuple[str, list[str]]) -> str:
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {"tags": tags}, "source": source, "outputs": []}
        for source, tags in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("a.py", HONEST, "python"),
        ("a.pyx", "def top_k(a):\n    return a\n", "cython"),
        ("a.pyx", "cpdef object top_k(a):\n    return a\n", "cython"),
        ("a.c", "void top_k(const float *a) {}\n", "c"),
    ],
)
def test_a_file_is_an_entry_in_its_language(
    tmp_path: Path, name: str, text: str, language: str
) -> None:
    path = written(tmp_path, name, text)
    assert read_entry(path, ("top_k",)) == Entry("a", language, text)
    assert [d.name for d in divisions_for(path)] == ["top-k-1", "top-k-2"]


FIT, RECOMMEND = "def fit(a):\n    return a\n", "def recommend(a):\n    return a\n"


@pytest.mark.parametrize("name", ["a.py", "a.pyx", "a.ipynb"])
@pytest.mark.parametrize(
    ("text", "wanted"),
    [(FIT, ["time-to-quality-1"]), (RECOMMEND, []), (FIT + RECOMMEND, ["open-1"])],
)
def test_a_model_that_recommends_is_for_the_open_divisions_alone(
    tmp_path: Path, name: str, text: str, wanted: list[str]
) -> None:
    content = notebook((text, ["export"])) if name.endswith("ipynb") else text
    assert [d.name for d in divisions_for(written(tmp_path, name, content))] == wanted


def test_who_names_a_division_enters_that_one(tmp_path: Path) -> None:
    both = written(tmp_path, "a.py", FIT + RECOMMEND)
    assert read_entry(both, find_division("time-to-quality-1").functions).source
    with pytest.raises(MissingFunctionError, match="no function recommend"):
        read_entry(written(tmp_path, "b.py", FIT), find_division("open-1").functions)


def test_a_compiled_model_has_all_functions_of_its_division(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "build_here", lambda artefact: b"")
    entry = Entry("mine", "cython", "def fit(): pass\ndef recommend(): pass\n")
    module = write_module(entry, find_division("open-1"), tmp_path, jailed=False)
    assert "import (\n    fit,\n    recommend,\n)" in module.read_text(encoding="utf-8")


def test_of_a_notebook_the_exported_cells_count(tmp_path: Path) -> None:
    python = ("def top_k(a):\n    return a", ["export"])
    text = notebook(("print('hello')", []), python)
    entry = read_entry(written(tmp_path, "a.ipynb", text), ("top_k",), "mine")
    assert entry.language == "python"
    assert entry.name == "mine"
    assert "hello" not in entry.source
    cython = ("%%cython\ndef top_k(a):\n    return a", ["export"])
    entry = read_entry(written(tmp_path, "b.ipynb", notebook(python, cython)), ("top_k",))
    assert entry.language == "cython"
    assert "%%cython" not in entry.source


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", HONEST, "neither a notebook nor a file"),
        ("a.py", "x = 1\n", "no function top_k"),
        ("a.py", "# def top_k():\n", "no function top_k"),
        ("a.py", b"\xff\xfe", "not UTF-8"),
        ("a.py", HONEST + "#" * MAX_BYTES, "at most 262,144 bytes"),
        ("a.ipynb", "{", "not a notebook"),
        ("a.ipynb", notebook(("def top_k(): pass", [])), "no function top_k"),
    ],
)
def test_what_is_no_entry_is_refused(
    tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    with pytest.raises(RecsysError, match=said):
        read_entry(written(tmp_path, name, text), ("top_k",))


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link.py"
    link.symlink_to(written(tmp_path, "a.py", HONEST))
    with pytest.raises((RecsysError, OSError)):
        read_entry(link, ("top_k",))


def test_only_a_missing_function_is_passed_over(tmp_path: Path) -> None:
    assert divisions_for(written(tmp_path, "a.py", "x = 1\n")) == []
    with pytest.raises(EntryError, match="at most"):
        divisions_for(written(tmp_path, "a.py", "#" * (MAX_BYTES + 1)))
    assert issubclass(MissingFunctionError, EntryError)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 81, "\x1b[31mred"])
def test_a_name_is_one_printable_line(name: str) -> None:
    with pytest.raises(EntryError, match="one line"):
        Entry(name, "python", HONEST)


def test_the_digest_is_of_language_and_source_alone() -> None:
    first = Entry("a", "python", "x")
    assert first.digest == Entry("b", "python", "x").digest
    assert first.digest != Entry("a", "cython", "x").digest
    assert first.digest != Entry("a", "python", "y").digest


def test_what_is_built_has_names_of_ours() -> None:
    made = artefact_of(Entry("../../etc", "c", "void top_k() {}"), "top_k")
    assert made is not None
    assert sorted(made.files)[1] == "kernel.c"
    assert made.sources == (made.entry, "kernel.c")
    assert artefact_of(Entry("a", "python", "x"), "top_k") is None


@pytest.mark.parametrize("name", ["", " ada", "a" * 81, "<b>", "a\nb", "=1+1"])
def test_a_person_has_a_plain_name(name: str) -> None:
    with pytest.raises(LeaderboardError, match="name"):
        person_named(name)


def test_the_board_is_the_given_one_then_the_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("RECSYS_EDU_LEADERBOARD", raising=False)
    assert board_url() == str(tmp_path / "recsys_edu" / "leaderboard.db")
    monkeypatch.setenv("RECSYS_EDU_LEADERBOARD", "x.db")
    assert board_url() == "x.db"
    assert board_url("y.db") == "y.db"


def test_no_text_of_an_entry_controls_a_terminal() -> None:
    assert printable("\x1b[2J\u202e\ud800") == "\\x1b[2J\\u202e?"
    assert len(printable("x" * 10**6)) < 1000
