"""Fingerprints of a lesson's mutants, on the calls that its calls.py draws.

``calls(rng)`` returns, for each graded cell, calls of the part's functions:
``{"test_sigmoid": [("sigmoid", (0.5,), {}), …]}``. ``probe.name`` calls a function of the lesson's
probe.py. A fourth entry is the difference of numbers below which they are alike. The solution and
every mutant answer in this process, since they are the lesson's own code.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from recsys_edu.artefacts.cell import headers_in
from recsys_edu.exported import Exported, load_file
from tito.authoring.mutants import Mutant, mutants_of
from tito.authoring.source import AuthoringError, solution_cells
from tito.course.cython_cells import write_module
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.judging.clauses import load_clauses
from tito.judging.fingerprints import (
    PROBE_PREFIX,
    PUBLIC,
    FingerprintError,
    Fingerprints,
    Misconception,
    made_of,
    read_fingerprints,
    same_fingerprints,
    write_fingerprints,
)
from tito.judging.likeness import Answer, Call, answer_here, answers_alike
from tito.wire.values import pack, unpack

CALLS: Final = "calls.py"
"""File of a lesson's folder that draws the calls."""
PUBLIC_SEED: Final = 15


class AlikeError(AuthoringError):
    """A mutant that answers the calls of one draw as the solution does; other calls may tell."""


def has_calls(lesson: Lesson) -> bool:
    """Return True if a lesson has fingerprints."""
    return (lesson.folder / CALLS).is_file()


def draw_fingerprints(lesson: Lesson, seed: int) -> dict[str, Fingerprints]:
    """Let the solution and each mutant of a lesson answer calls that are drawn from a seed.

    Raises:
        AlikeError: the answers of a mutant are those of the solution, and it is not marked as such.
        AuthoringError: a mutant has no sentence; a part has no calls, or the solution cannot
            answer them.
    """
    drawn = load_clauses(lesson.folder, CALLS).calls(np.random.default_rng(seed))
    mutants: dict[str, list[Mutant]] = {}
    for mutant in mutants_of(lesson):
        mutants.setdefault(mutant.grade_id, []).append(mutant)
    if set(drawn) != set(mutants):
        wrong = ", ".join(sorted(set(drawn).symmetric_difference(mutants)))
        raise AuthoringError(
            f"{lesson.id}: calls.py and mutants.py are about different tests; only one of them has "
            f"{wrong}."
        )
    with (
        tempfile.TemporaryDirectory(prefix="recsys-mutants-") as folder,
        warnings.catch_warnings(action="ignore"),  # wrong solutions divide by zero
        np.errstate(all="ignore"),
    ):
        answering = Answering(lesson, Path(folder))
        return {
            test: answering.fingerprints(test, [Call(*call) for call in calls], mutants[test])
            for test, calls in drawn.items()
        }


def public_fingerprints(lesson: Lesson) -> bytes:
    """Return the content of the file that learners' own checks use.

    It is the file that is there, if that differs by rounding only: another machine's sums may
    end in another digit. That of a lesson with cells in Cython holds a digest of its sources, and
    is drawn only where they have changed: building each wrong solution takes minutes.
    """
    path = lesson.folder / PUBLIC
    digest = _digest_of(lesson) if lesson.about().compilers else ""
    if digest and made_of(path) == digest:
        return path.read_bytes()
    drawn = draw_fingerprints(lesson, PUBLIC_SEED)
    try:
        if not digest and same_fingerprints(read_fingerprints(path), drawn):
            return path.read_bytes()
    except FingerprintError:  # there is none, or one of another version
        pass
    return write_fingerprints(drawn, digest)


def _digest_of(lesson: Lesson) -> str:
    """Return a digest of what the fingerprints of a lesson depend on, but for the library."""
    digest = hashlib.sha256(str(PUBLIC_SEED).encode())
    read = [*lesson.folder.glob("*.py"), *lesson.folder.glob("*.pxd")]
    for path in sorted(set(read) - {lesson.source}):
        digest.update(path.read_bytes())
    for cell in solution_cells(lesson):
        if cell.is_exported:
            digest.update(cell.source.encode())
    return digest.hexdigest()


class Answering:
    """The solution of a lesson and its mutants, loaded as modules."""

    def __init__(self, lesson: Lesson, folder: Path) -> None:
        self._lesson, self._folder = lesson, folder
        self._headers = headers_in(lesson.folder)
        probe = lesson.folder / "probe.py"
        self._probe = load_file(probe, "probe_of_mutants") if probe.is_file() else None
        self._solution = self.loaded(solution_cells(lesson))

    def fingerprints(
        self, test: str, calls: Sequence[Call], mutants: Sequence[Mutant]
    ) -> Fingerprints:
        """Return the fingerprints of one test's mutants, those that answer alike under one name."""
        right = self._answers(self._solution, calls)
        if any(answer.raised == "NotImplementedError" for answer in right):
            raise AuthoringError(f"{self._lesson.id}, {test}: the solution refuses a call.")
        found: list[tuple[Misconception, list[Answer]]] = []
        for mutant in mutants:
            answers = self._answers(self.loaded(mutant.cells()), calls)
            if mutant.sentence is None:
                self._require_unseen(mutant, calls, right, answers)
                continue
            mistake = self._mistake(mutant, calls, right, answers)
            for place, (twin, others) in enumerate(found):
                if twin.types == mistake.types and _all_alike(calls, others, answers, twin.types):
                    names = (*twin.names, mutant.name)
                    found[place] = (_renamed(twin, names), others)
                    break
            else:
                found.append((mistake, answers))
        return Fingerprints(tuple(calls), tuple(right), tuple(mistake for mistake, _ in found))

    def _mistake(
        self, mutant: Mutant, calls: Sequence[Call], right: list[Answer], answers: list[Answer]
    ) -> Misconception:
        """Return a mutant's mistake; AlikeError where its answers do not show it."""
        types = _all_alike(calls, right, answers, False)
        if types and _all_alike(calls, right, answers, True):
            raise AlikeError(
                f"{_place(mutant)}: it answers all calls of calls.py as the solution does. Draw "
                "calls that tell them apart; or, if only time, memory or chance can, put None in "
                "place of its sentence."
            )
        if not mutant.sentence:
            raise AuthoringError(
                f"{_place(mutant)}: its answers are wrong, and no sentence says so."
            )
        own = tuple(
            None if answers_alike(call, a, b, types=True) else b
            for call, a, b in zip(calls, right, answers, strict=True)
        )
        return Misconception((mutant.name,), mutant.sentence, types, own)

    def _require_unseen(
        self, mutant: Mutant, calls: Sequence[Call], right: list[Answer], answers: list[Answer]
    ) -> None:
        """Raise AuthoringError where the answers of a mutant without a sentence could show it."""
        again = self._answers(self.loaded(mutant.cells()), calls)
        if _all_alike(calls, answers, again, True) and not _all_alike(calls, right, answers, True):
            raise AuthoringError(
                f"{_place(mutant)}: its answers are wrong in the same way each time, so a sentence "
                "has to say what it does."
            )

    def answer(self, module: ModuleType, call: Call) -> Answer:
        """Return a module's answer to a call, as it would come through a pipe."""
        return _crossed(answer_here(self._function(module, call), call))

    def _answers(self, module: ModuleType, calls: Sequence[Call]) -> list[Answer]:
        return [self.answer(module, call) for call in calls]

    def _function(self, module: ModuleType, call: Call) -> Callable[..., Any]:
        name = call.function.removeprefix(PROBE_PREFIX)
        if name == call.function:
            return getattr(module, name)  # type: ignore[no-any-return]
        probe = getattr(self._probe, name)
        return lambda *args, **kwargs: probe(module, *args, **kwargs)

    def loaded(self, cells: Sequence[Cell]) -> ModuleType:
        """Return the exported cells of a notebook as a module."""
        # In a folder of its own: the file of a loaded extension module must not be written again.
        path = Path(tempfile.mkdtemp(dir=self._folder), "answering.py")
        write_module([cell for cell in cells if cell.is_exported], path, self._headers)
        return Exported(path).module()


def _place(mutant: Mutant) -> str:
    return f"{mutant.lesson.id}/mutants.py, {mutant.grade_id}, {mutant.name!r}"


def _all_alike(
    calls: Sequence[Call], ones: Sequence[Answer], others: Sequence[Answer], types: bool
) -> bool:
    return all(
        answers_alike(call, one, other, types=types)
        for call, one, other in zip(calls, ones, others, strict=True)
    )


def _crossed(answer: Answer) -> Answer:
    """Return an answer as it would have come through a pipe."""
    buffers: list[np.ndarray[Any, Any]] = []
    tree = pack([answer.value, dict(answer.changed)], buffers)
    value, changed = unpack(tree, [memoryview(array.tobytes()) for array in buffers])
    return Answer(answer.raised, value, changed)


def _renamed(mistake: Misconception, names: tuple[str, ...]) -> Misconception:
    return Misconception(names, mistake.sentence, mistake.types, mistake.answers)
