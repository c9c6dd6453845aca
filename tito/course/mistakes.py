"""Mistakes of a learner that have a name, found by the lesson's public fingerprints."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tito.course.judged import session_of
from tito.course.lessons import Lesson
from tito.course.notebook import Cell, read_cells
from tito.course.parts import Part, parts_of
from tito.judging.fingerprints import PUBLIC, Recognition, read_fingerprints, recognise


@dataclass(frozen=True)
class Mistake:
    """Explanation of a part whose functions are wrong."""

    part: Part
    name: str
    """Name of the mistake among the lesson's wrong solutions; empty if it is none of them."""
    sentence: str
    """Description of the mistake, or the parts that have to be mended before this one."""

    def as_json(self) -> dict[str, str]:
        """Return it as ``tito checkpoint --json`` prints it."""
        return {"test": self.part.test, "name": self.name, "sentence": self.sentence}


def find_mistakes(
    lesson: Lesson, module: Path, failed: Collection[str] | None = None
) -> list[Mistake]:
    """Return the parts of which something can be said, in the lesson's order.

    The functions run in a process of their own. A lesson without fingerprints has no named
    mistakes.

    Args:
        lesson: the lesson.
        module: exported file with the learner's functions.
        failed: names of the tests that failed; None to judge each part by its fingerprints.

    Raises:
        FingerprintError: the lesson's fingerprints cannot be read.
    """
    path = lesson.folder / PUBLIC
    if not path.is_file():
        return []
    cells = read_cells(lesson.release)
    parts = {part.test: part for part in parts_of(cells)}
    found: dict[str, Recognition] = {}
    with session_of(lesson).open(module) as remote:
        for test, prints in read_fingerprints(path).items():
            if test in parts and (failed is None or test in failed):
                found[test] = recognise(remote, prints)
    if failed is None:
        failed = [test for test, recognition in found.items() if not recognition.right]
    wrong = [part for test, part in parts.items() if test in failed]
    called = _functions_called(module)
    used = _names_used(cells)
    return [
        mistake
        for part in wrong
        if part.test in found
        for mistake in _mistake(part, found[part.test], wrong, called, used[part.test])
    ]


def _mistake(
    part: Part,
    recognition: Recognition,
    wrong: Sequence[Part],
    called: Mapping[str, frozenset[str]],
    used: Collection[str],
) -> list[Mistake]:
    """Return what is said of a part.

    Args:
        part: whose test failed.
        recognition: outcome of the lesson's calls of its functions.
        wrong: parts whose tests failed.
        called: for each function those that it calls.
        used: names in the part's test.
    """
    names = frozenset().union(*(called.get(name, frozenset()) for name in part.functions))
    earlier = wrong[: wrong.index(part)]
    first = [each for each in earlier if names.intersection(each.functions)]
    if first:
        return [Mistake(part, "", _mend_first(first, "called here"))]
    known = recognition.misconception
    if known:
        return [Mistake(part, known.name, known.sentence)]
    first = [each for each in earlier if set(used).intersection(each.functions)]
    return [Mistake(part, "", _mend_first(first, "used by this test"))] if first else []


def _mend_first(parts: Sequence[Part], why: str) -> str:
    listed = " and ".join(f"part {each.number} ({', '.join(each.functions)})" for each in parts)
    verb = "is" if len(parts) == 1 else "are"
    return f"Mend {listed} first, which {verb} {why} and {verb} not right yet."


def _names_used(cells: Sequence[Cell]) -> dict[str, set[str]]:
    """Return the names that each test uses, in its cell and in the lesson's functions for it."""
    trees = {cell.grade_id: _tree_of(cell) for cell in cells if cell.is_graded}
    helpers = {
        node.name: _names_in(node)
        for cell in cells
        if cell.kind == "code" and not cell.is_solution
        for node in _tree_of(cell).body
        if isinstance(node, ast.FunctionDef)
    }
    found = {}
    for test, tree in trees.items():
        names, waiting = set[str](), _names_in(tree)
        while waiting:
            name = waiting.pop()
            names.add(name)
            waiting |= helpers.get(name, set()) - names
        found[test] = names
    return found


def _names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _tree_of(cell: Cell) -> ast.Module:
    """Return the tree of a code cell in Python; an empty one for other cells."""
    try:
        return ast.parse(cell.source if cell.kind == "code" else "")
    except (SyntaxError, ValueError):  # a command of IPython
        return ast.Module([], [])


def _functions_called(module: Path) -> dict[str, frozenset[str]]:
    """Return, for each function of a file, those that it calls, directly or through others."""
    try:
        tree = ast.parse(module.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return {}
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    direct = {
        name: {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & set(functions)
        for name, node in functions.items()
    }
    found: dict[str, frozenset[str]] = {}
    for name in functions:
        seen: set[str] = set()
        waiting = set(direct[name])
        while waiting:
            each = waiting.pop()
            seen.add(each)
            waiting |= direct[each] - seen
        found[name] = frozenset(seen)
    return found
