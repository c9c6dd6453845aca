"""The import table of CONTRIBUTING.md is what the sources do, row by row."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "CONTRIBUTING.md"
NAME = re.compile(r"`([^`]+)`")
JUDGES = ("hidden.py", "checkpoint.py", "clauses.py", "engines.py")


def table(text: str) -> dict[str, str]:
    """The third column of the table, by folder."""
    _, _, below = text.partition("| folder | what | may import |\n| --- | --- | --- |\n")
    rows = [line.strip("|").split(" | ") for line in below.split("\n\n")[0].splitlines()]
    return {NAME.findall(cells[0])[0]: cells[-1].strip() for cells in rows}


TABLE = table(GUIDE.read_text(encoding="utf-8"))
CHECKED = [row for row, allowed in TABLE.items() if NAME.search(allowed)]


def module_of(row: str) -> str:
    """The dotted name of a row's package or file: ``tito.wire`` of ``tito/wire``."""
    return row.removeprefix("backends/").removesuffix(".py").replace("/", ".")


ROWS = {module_of(row): row for row in TABLE}


def allowed_to(row: str, table: dict[str, str] = TABLE) -> set[str]:
    """Modules that a row may import: its own, those that it names, and what those may."""
    found: set[str] = set()
    waiting = [row]
    while waiting:
        here = waiting.pop()
        for name in NAME.findall(table[here]):
            if name.endswith(".py") and "/" not in name:  # files that the row speaks about
                continue
            module = module_of(name)
            if module not in found:
                found.add(module)
                waiting += [ROWS[module]] if module in ROWS else []
    return found


def sources(row: str) -> list[Path]:
    place = ROOT / row
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob("*.py") if "__pycache__" not in path.parts)


def imported_by(path: Path, text: str | None = None) -> Iterator[str]:
    """Every name that a file imports, in full; of ``from a import b`` it is ``a.b``."""
    here = path.relative_to(ROOT).parent.parts
    here = here[1:] if here[:1] == ("backends",) else here
    text = path.read_text(encoding="utf-8") if text is None else text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_within(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def forbidden(row: str, path: Path, text: str | None = None) -> list[str]:
    allowed = allowed_to(row) | {module_of(row)}
    if row == "modules":
        allowed |= {".".join(path.relative_to(ROOT).parent.parts)}
        allowed -= set() if path.name in JUDGES else {m for m in allowed if is_within(m, {"tito"})}
    return [
        name
        for name in imported_by(path, text)
        if name.split(".")[0] not in sys.stdlib_module_names and not is_within(name, allowed)
    ]


@pytest.mark.parametrize("row", CHECKED)
def test_a_row_imports_what_it_may_and_nothing_else(row: str) -> None:
    assert sources(row), f"there is no {row}"
    wrong = {str(path.relative_to(ROOT)): forbidden(row, path) for path in sources(row)}
    assert {path: names for path, names in wrong.items() if names} == {}


@pytest.mark.parametrize("row", CHECKED)
def test_a_row_names_nothing_that_it_does_not_use(row: str) -> None:
    """Otherwise the table would allow more than there is, and nobody would see it."""
    used = {name for path in sources(row) for name in imported_by(path)}
    named = {module_of(name) for name in NAME.findall(TABLE[row]) if name not in JUDGES}
    assert [name for name in sorted(named) if not any(is_within(u, {name}) for u in used)] == []


def test_no_row_reaches_itself() -> None:
    assert [row for row in CHECKED if module_of(row) in allowed_to(row)] == []


def test_every_package_has_a_row() -> None:
    packages = {f"tito/{path.parent.name}" for path in (ROOT / "tito").glob("*/__init__.py")} | {
        "backends/recsys_backends",
        "recsys_edu",
    }
    assert packages <= set(TABLE), "a folder is missing from the table"
    assert all((ROOT / row).exists() for row in TABLE), "the table names what is not there"


@pytest.mark.parametrize(
    ("row", "line", "caught"),
    [
        ("tito/jail", "from tito.judging import remote", True),
        ("tito/jail", "from ..judging.remote import Remote", True),
        ("tito/jail", "def late():\n    import tito.course.lessons", True),
        ("tito/jail", "import pandas", True),
        ("tito/jail", "from tito.wire.frames import read_frame", False),
        ("tito/judging", "from tito.course.lessons import Lesson", True),
        ("tito/judging", "from tito import course", True),
        ("tito/judging", "import recsys_backends.ops, json", False),
        ("recsys_edu", "import tito", True),
        ("modules", "from tito.judging.judged_tests import judge_test", True),
    ],
)
def test_a_wrong_import_would_be_seen(row: str, line: str, caught: bool) -> None:
    assert bool(forbidden(row, ROOT / row / "example.py", line)) is caught
    if row == "modules":
        assert not forbidden(row, ROOT / row / "07_x" / "hidden.py", line)
