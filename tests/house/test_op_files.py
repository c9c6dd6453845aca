"""CONTRIBUTING lists every file that an op stands in, and every op is in each of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from recsys_backends.protocol import OPS
from tests.house.lint_words import ROOT

ANSWERS: Final = "backends/recsys_backends/answers.py"
_ROW: Final = re.compile(r"\| \d+ \| `([^`]+)` \|")


def patterns() -> list[str]:
    """The file patterns of the table, in its order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## Add or change an op")[2].partition("\n## ")[0]
    return _ROW.findall(section)


def files_naming(op: str, pattern: str) -> set[Path]:
    """The files of a pattern in which the op's name stands as a word."""
    word = re.compile(rf"\b{op}\b")
    return {
        path
        for path in ROOT.glob(pattern)
        if path.suffix in {".py", ".pyx", ".pyi"} and word.search(path.read_text(encoding="utf-8"))
    }


def test_the_table_is_read() -> None:
    assert len(patterns()) == 9


@pytest.mark.parametrize("op", OPS)
def test_an_op_is_in_every_row(op: str) -> None:
    assert [pattern for pattern in patterns() if not files_naming(op, pattern)] == []


@pytest.mark.parametrize("op", OPS)
def test_a_file_of_the_backends_that_names_an_op_is_in_the_table(op: str) -> None:
    listed = {path for pattern in (*patterns(), ANSWERS) for path in files_naming(op, pattern)}
    registry = ROOT / "backends" / "recsys_backends" / "registry.py"  # in words only
    found = files_naming(op, "backends/**/*.py*") - {registry}
    assert sorted(found - listed) == []
