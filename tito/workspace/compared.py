"""A learner's answers beside the model answers: code part by part, and words."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import category

from recsys_edu.workspace import Workspace
from tito.course.answers import Answer, LessonAnswers, answers_of
from tito.course.lessons import Lesson
from tito.course.notebook import NotebookError, read_cells
from tito.course.parts import Part, Question, find_parts, parts_of, questions_of, without_docstrings
from tito.workspace.files import notebook_of
from tito.workspace.study import load_study


@dataclass(frozen=True)
class ComparedCode:
    """One part of a lesson, twice. The docstrings, which both share, are left out."""

    part: Part
    yours: str
    """Empty where the notebook has no such cell."""
    model: str


@dataclass(frozen=True)
class ComparedWords:
    """One question of a lesson, with both answers."""

    question: Question
    yours: str
    """Empty where the notebook has no such cell."""
    model: Answer
    points: float | None
    """Points that the learner has given; None before that."""


@dataclass(frozen=True)
class Compared:
    """Both answers to a lesson."""

    code: tuple[ComparedCode, ...]
    words: tuple[ComparedWords, ...]


def compare_answers(workspace: Workspace, lesson: Lesson, wanted: str = "") -> Compared:
    """Return a lesson's model answers with the learner's beside them.

    Args:
        workspace: the learner's workspace.
        lesson: the lesson.
        wanted: the one part (number, function or cell) or question; empty for all.

    Raises:
        AnswersError: there are no answers to the lesson here.
        NotebookError: there is no such part or question, or the notebook is damaged.
    """
    released, model = read_cells(lesson.release), answers_of(lesson)
    parts, questions = _wanted(parts_of(released), questions_of(released), wanted)
    own = _own_sources(workspace, lesson)
    points = load_study(workspace).of(lesson.id).questions
    return Compared(
        tuple(_code(part, own, model) for part in parts),
        tuple(
            ComparedWords(q, own.get(q.name, ""), model.words[q.name], points.get(q.name))
            for q in questions
            if q.name in model.words
        ),
    )


def _wanted(
    parts: list[Part], questions: list[Question], wanted: str
) -> tuple[list[Part], list[Question]]:
    if not wanted:
        return parts, questions
    named = [question for question in questions if question.name == wanted]
    try:
        return ([], named) if named else (find_parts(parts, wanted), [])
    except NotebookError as error:
        names = ", ".join(question.name for question in questions)
        raise NotebookError(f"{str(error).rstrip('.')}; questions: {names}.") from None


def _own_sources(workspace: Workspace, lesson: Lesson) -> dict[str, str]:
    path = notebook_of(workspace, lesson)
    cells = read_cells(path) if path.is_file() else []
    return {cell.grade_id: _encodable(cell.source) for cell in cells if cell.grade_id}


def _encodable(text: str) -> str:
    """Return text that any terminal and file takes: no halves of characters, no control codes."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(c if c in "\n\t" or category(c) != "Cc" else "\ufffd" for c in whole)


def _code(part: Part, own: dict[str, str], model: LessonAnswers) -> ComparedCode:
    return ComparedCode(part, _joined(part, own), _joined(part, model.code))


def _joined(part: Part, sources: dict[str, str]) -> str:
    found = [without_docstrings(sources[name]) for name in part.cells if name in sources]
    return "\n\n".join(text.strip("\n") for text in found)
