"""Messages of the packages' own errors are sentences, and end as sentences do."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("backends/recsys_backends", "recsys_edu", "tito")
# Python's own errors follow Python's style. The others are completed by who catches them.
PYTHONS = {name for name, kind in vars(builtins).items() if isinstance(kind, type)}
FRAGMENTS = PYTHONS | {"CythonCellError", "FrameError", "LateError", "PyxTextError"}


def _ending(node: ast.expr) -> str | None:
    """Return the last characters of a message; None where they are not written in its place."""
    while isinstance(node, ast.BinOp):
        node = node.right
    if isinstance(node, ast.JoinedStr):
        node = node.values[-1]
        if isinstance(node, ast.FormattedValue):
            return "…" if _is_sentence(node.value) else "}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _is_sentence(value: ast.expr) -> bool:
    """Return true where what is filled in is a sentence: another error's, or a function's."""
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(value) if isinstance(node, ast.Attribute)}
    known = {"error", "hint", "why", "problem", "advice"}
    return isinstance(value, ast.Call) or bool(names & known)


def _unfinished(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        made, arguments = ast.unparse(node.exc.func), node.exc.args
        name = made.removesuffix(".at").rsplit(".", 1)[-1]
        if not arguments or not name.endswith(("Error", "error")) or name in FRAGMENTS:
            continue
        ending = _ending(arguments[-1] if made.endswith(".at") else arguments[0])
        if ending is not None and not ending.rstrip().endswith((".", "?", "…", ":", ".)", "\n")):
            yield node.lineno, ending


@pytest.mark.parametrize("package", PACKAGES)
def test_messages_end_as_sentences(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: …{ending[-60:]}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, ending in _unfinished(path.read_text(encoding="utf-8"))
    ]
    assert not found, "no full stop: " + "; ".join(found)


@pytest.mark.parametrize(
    "raised",
    [
        "DataError('it is empty')",
        "DataError(f'it has {n}')",
        "DataError.at(path, 3, 'it is empty')",
        "self.error('a' + 'it is empty')",
    ],
)
def test_a_message_without_its_full_stop_is_found(raised: str) -> None:
    assert list(_unfinished(f"raise {raised}\n"))
    assert not list(_unfinished("raise DataError('it is empty.')\n"))
