"""``tito race`` and data that is not there or broken: a sentence that says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tito.race_command import QUICK, Run, assert_one_sentence, script


def test_an_unknown_dataset_is_one_sentence_with_a_suggestion() -> None:
    outcome = script("--dataset", "ml100k")
    assert_one_sentence(outcome)
    assert "Did you mean 'ml-100k'?".lower() in outcome.err.lower()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"1\t2\t3\t4\n", "1 ratings instead of 100,000"),
        (b"1\t2\t3\t4\n1\t3\t5\n", "line 2"),
        (b"1\t2\t3\t4\n1\tx\t5\t6\n2\t2\t2\t2\n", "line 2"),
        (b"1\t2\t3\t4\n" * 99_999 + b"943\t16", "line 100000"),
        (b"1\t2\t9\t4\n", "rating of 9"),
        (b"1,2,3,4\n", "line 1"),
        (b"\x00\xff\xfe binary\n", "line 1"),
        (b"<!DOCTYPE html>\n<html>not found</html>\n", "line 1"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_a_bad_data_file_is_one_sentence_with_its_line(
    content: bytes,
    said: str,
    race: Run,
    tmp_path: Path,
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "own" / "ml-100k").mkdir(parents=True)
    (tmp_path / "own" / "ml-100k" / "u.data").write_bytes(content)
    monkeypatch.setenv("RECSYS_EDU_DATA", str(tmp_path / "own"))
    outcome = race("--dataset", "ml-100k", *QUICK, "--models", "popularity", "--json", work / "j")
    assert_one_sentence(outcome)
    assert "u.data" in outcome.err
    assert said in outcome.err
    assert not list(work.iterdir())


def test_the_script_says_where_a_data_file_is_broken(tmp_path: Path) -> None:
    (tmp_path / "ml-100k").mkdir()
    (tmp_path / "ml-100k" / "u.data").write_text("1\t2\t3\t4\noops\n")
    outcome = script("--dataset", "ml-100k", RECSYS_EDU_DATA=tmp_path)
    assert_one_sentence(outcome)
    assert outcome.status == 1
    assert f"{tmp_path / 'ml-100k' / 'u.data'}, line 2: 'oops'" in outcome.err


def test_a_data_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    outcome = script("--dataset", "ml-100k", RECSYS_EDU_DATA=tmp_path / "missing")
    assert_one_sentence(outcome)
    assert "RECSYS_EDU_DATA" in outcome.err
    (tmp_path / "ml-100k").mkdir()
    outcome = script("--dataset", "ml-100k", RECSYS_EDU_DATA=tmp_path)
    assert_one_sentence(outcome)
    assert "u.data" in outcome.err
