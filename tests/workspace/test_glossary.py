"""The glossary stands beside the notebooks, and an upgrade brings the new one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workspace.conftest import Outcome
from tito.course.lessons import GLOSSARY, Lesson

Tito = Callable[..., Outcome]


@pytest.fixture
def course_glossary(toy: Lesson) -> Path:
    """The glossary of the course."""
    path = toy.folder.parent / GLOSSARY
    path.write_text("# Glossary\n", encoding="utf-8")
    return path


def test_init_and_start_place_it(course_glossary: Path, workspace: Path, tito: Tito) -> None:
    placed = workspace / "notebooks" / GLOSSARY
    assert placed.read_bytes() == course_glossary.read_bytes()
    placed.unlink()
    assert tito("start", 42, "--no-open").status == 0
    assert placed.read_bytes() == course_glossary.read_bytes()


def test_start_leaves_notes_in_it_alone(course_glossary: Path, workspace: Path, tito: Tito) -> None:
    placed = workspace / "notebooks" / GLOSSARY
    placed.write_text("my notes", encoding="utf-8")
    assert tito("start", 42, "--no-open").status == 0
    assert tito("init", workspace).status == 0
    assert placed.read_text(encoding="utf-8") == "my notes"


def test_upgrade_brings_the_new_one_and_keeps_the_old(
    course_glossary: Path, workspace: Path, tito: Tito
) -> None:
    placed = workspace / "notebooks" / GLOSSARY
    placed.write_text("my notes", encoding="utf-8")
    course_glossary.write_text("# Glossary\n- more\n", encoding="utf-8")
    said = tito("upgrade")
    assert said.status == 0
    assert placed.read_bytes() == course_glossary.read_bytes()
    (kept,) = (workspace / ".tito" / "backups" / "glossary").iterdir()
    assert kept.read_text(encoding="utf-8") == "my notes"
    assert f"The one before is kept in {kept.relative_to(workspace)}." in said.out
    assert "glossary" not in tito("upgrade").out, "twice is once"


def test_a_course_without_one_needs_none(workspace: Path, tito: Tito) -> None:
    assert tito("upgrade").status == 0
    assert not (workspace / "notebooks" / GLOSSARY).exists()
