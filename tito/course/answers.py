"""Model answers of lessons, from the distribution ``recsys_edu_answers``.

It is a distribution of its own, so that nobody meets an answer by accident: it is not part of
recsys_edu, and jails hide it. It has a JSON file a lesson, and no code that would have to run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from recsys_edu._version import __version__
from recsys_edu.errors import RecsysError
from tito.course.lessons import Lesson

DISTRIBUTION: Final = "recsys_edu_answers"
FORMAT: Final = 1
_COMMAND: Final = f"pip install {DISTRIBUTION}=={__version__}"
_INSTALL: Final = f"run `{_COMMAND}`"


class AnswersError(RecsysError, LookupError):
    """Model answers that are missing, damaged, of another version, or not to be shown yet."""


@dataclass(frozen=True)
class Answer:
    """Model answer to a question in words."""

    text: str
    scheme: str
    """Marks, and what each of them is given for."""


@dataclass(frozen=True)
class LessonAnswers:
    """Model answers of one lesson."""

    code: dict[str, str]
    """Sources of the cells that a learner writes, by the cell's name."""
    words: dict[str, Answer]
    """Answers to the questions, by the question's name."""

    def as_json(self, lesson_id: str) -> str:
        """Return the text of the lesson's file."""
        content = {
            "format": FORMAT,
            "recsys_edu": __version__,
            "lesson": lesson_id,
            "code": self.code,
            "words": {
                name: {"text": answer.text, "scheme": answer.scheme}
                for name, answer in self.words.items()
            },
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def answers_of(lesson: Lesson) -> LessonAnswers:
    """Return the model answers of a lesson.

    Raises:
        AnswersError: the distribution is not installed, is of another version or damaged, or has
            no such lesson.
    """
    path = _folder() / f"{lesson.id}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["recsys_edu"]
        if version == __version__ and content["format"] == FORMAT:
            return _checked(content, lesson)
    except FileNotFoundError:
        raise AnswersError(
            f"{DISTRIBUTION} has no answers to {lesson.id}: it is of another course."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise AnswersError(f"{path} is damaged: {_INSTALL} --force-reinstall.") from None
    raise AnswersError(
        f"{DISTRIBUTION} is of version {version}, and the course of {__version__}: {_INSTALL}."
    )


def how_to_install() -> str:
    """Return the command that installs the answers; empty if they are installed."""
    return "" if find_spec(DISTRIBUTION) is not None else _COMMAND


def _folder() -> Path:
    """Return the folder of the installed distribution's package."""
    spec = find_spec(DISTRIBUTION)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise AnswersError(f"the answers are not installed: {_INSTALL}.")
    return Path(places[0])


def _checked(content: Any, lesson: Lesson) -> LessonAnswers:
    """Return the content as answers; raise ValueError where it is not of their form."""
    words = {name: Answer(x["text"], x["scheme"]) for name, x in content["words"].items()}
    texts = [*content["code"].values(), *(t for x in words.values() for t in (x.text, x.scheme))]
    if content["lesson"] != lesson.id or not all(isinstance(text, str) for text in texts):
        raise ValueError
    return LessonAnswers(dict(content["code"]), words)
