"""Mistakes of a learner that have a name, found by the lesson's public fingerprints."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tito.course.judged import session_of
from tito.course.lessons import Lesson
from tito.course.notebook import read_cells
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
    parts = {part.test: part for part in parts_of(read_cells(lesson.release))}
    found: dict[str, Recognition] = {}
    with session_of(lesson).open(module) as remote:
        for test, prints in read_fingerprints(path).items():
            if test in parts and (failed is None or test in failed):
                found[test] = recognise(remote, prints)
    if failed is None:
        failed = [test for test, recognition in found.items() if not recognition.right]
    wrong = [part for test, part in parts.items() if test in failed]
    called = _functions_called(module)
    return [
        mistake
        for part in wrong
        if part.test in found
        for mistake in _mistake(part, found[part.test], wrong, called)
    ]


def _mistake(
    part: Part,
    recognition: Recognition,
    wrong: Sequence[Part],
    called: Mapping[str, frozenset[str]],
) -> list[Mistake]:
    names = frozenset().union(*(called.get(name, frozenset()) for name in part.functions))
    earlier = wrong[: wrong.index(part)]
    first = [each for each in earlier if names.intersection(each.functions)]
    if not first:
        known = recognition.misconception
        return [Mistake(part, known.name, known.sentence)] if known else []
    listed = " and ".join(f"part {each.number} ({', '.join(each.functions)})" for each in first)
    calls = "which is called here and is" if len(first) == 1 else "which are called here and are"
    return [Mistake(part, "", f"Mend {listed} first, {calls} not right yet.")]


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
