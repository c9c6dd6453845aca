"""Checkpoint of a lesson: its public clauses, on the learner's export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tito.course.judged import session_of
from tito.course.lessons import Lesson
from tito.course.mistakes import Mistake, find_mistakes
from tito.judging.clauses import Verdict, judge, load_clauses


@dataclass(frozen=True)
class CheckpointResult:
    """Outcome of a lesson's checkpoint."""

    lesson: str
    question: str
    verdicts: tuple[Verdict, ...]
    mistakes: tuple[Mistake, ...] = ()
    """Parts that are wrong in a known way, or because of an earlier part; empty if it passed."""

    @property
    def passed(self) -> bool:
        """Every clause held, and there was one: without clauses nothing has been shown."""
        return bool(self.verdicts) and all(verdict.passed for verdict in self.verdicts)

    @property
    def finding(self) -> str:
        """Figures that the checkpoint measured; empty where it did not pass, or has none."""
        found = [verdict.finding for verdict in self.verdicts if verdict.finding]
        return found[-1] if found and self.passed else ""

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as ``tito checkpoint --json`` prints it."""
        clauses = [
            {"name": v.name, "passed": v.passed, "message": v.message} for v in self.verdicts
        ]
        return {
            "lesson": self.lesson,
            "passed": self.passed,
            "finding": self.finding,
            "clauses": clauses,
            "mistakes": [mistake.as_json() for mistake in self.mistakes],
        }


def run_checkpoint(
    lesson: Lesson, exported: Path, on_verdict: Callable[[Verdict], None] = lambda verdict: None
) -> CheckpointResult:
    """Run the checkpoint of a lesson on an exported file, in a process of its own.

    Args:
        lesson: its clauses.
        exported: the file ``my_recsys/name.py``; where it is missing, that is the one verdict.
        on_verdict: called with each verdict as it is found.
    """
    about = lesson.about()
    if not exported.is_file():
        verdicts = [Verdict("it_is_exported", False, f"run `tito export {lesson.number}` first.")]
        on_verdict(verdicts[0])
        return CheckpointResult(lesson.id, about.question, tuple(verdicts))
    clauses = load_clauses(lesson.folder, "checkpoint.py")
    verdicts = []
    with session_of(lesson).open(exported) as remote:
        for verdict in judge(clauses, remote):
            on_verdict(verdict)
            verdicts.append(verdict)
    result = CheckpointResult(lesson.id, about.question, tuple(verdicts))
    if result.passed:
        return result
    return replace(result, mistakes=tuple(find_mistakes(lesson, exported)))
