"""The scripts that measure find what they import; some need libraries that no test has."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPTS = sorted(Path(__file__).resolve().parents[2].glob("benchmarks/*.py"))
OURS = ("recsys_edu", "recsys_backends", "tito", "tests")


def imported(script: Path) -> Iterator[tuple[str, str]]:
    """Modules of the project that a script imports from, and the names that it takes."""
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OURS:
            yield from ((str(node.module), alias.name) for alias in node.names)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_what_a_script_imports_is_there(script: Path) -> None:
    missing = [
        f"{module}.{name}"
        for module, name in imported(script)
        if not hasattr(importlib.import_module(module), name)
        and find_spec(f"{module}.{name}") is None
    ]
    assert missing == []
