"""Decision if a lesson's model answers may be shown in a workspace.

Those who learn alone see them once they have passed the lesson's checkpoint. In a class the
course's date decides, for all alike: it lies in the exchange, where only the instructor can write.
The date is compared with the clock of this machine, and lessons are public source: this is an
agreement, not a lock.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from recsys_edu.workspace import Workspace
from tito.course.answers import AnswersError
from tito.course.exchange import Exchange
from tito.course.lessons import Lesson
from tito.workspace.files import exchange_of, export_of, notebook_of
from tito.workspace.progress import load_progress
from tito.workspace.steps import digest_of


def require_open(workspace: Workspace, lesson: Lesson) -> None:
    """Raise AnswersError, with what is missing, unless the answers may be shown."""
    exchange = exchange_of(workspace)
    if exchange is not None:
        _require_date(exchange, lesson)
    elif not load_progress(workspace).of(lesson.id).first_passed:
        raise AnswersError(
            f"the answers to {lesson.id} are shown once its checkpoint has passed. "
            f"{_missing(workspace, lesson)}"
        )


def _require_date(exchange: Exchange, lesson: Lesson) -> None:
    opening = _opening(exchange, lesson)
    if opening is None:
        raise AnswersError(
            f"your course {exchange.course} has not set a date for the answers to {lesson.id}: ask "
            "your instructor."
        )
    if datetime.now(UTC) < opening:
        shown = opening.astimezone().strftime("%Y-%m-%d %H:%M %Z")
        raise AnswersError(
            f"your course {exchange.course} shows the answers to {lesson.id} from {shown} on. "
            f"`tito hint {lesson.number}` helps until then."
        )


def _opening(exchange: Exchange, lesson: Lesson) -> datetime | None:
    """Return the date that the course has set; None if there is none for this lesson."""
    if not exchange.folder.is_dir():
        raise AnswersError(
            f"there is no {exchange.folder}, where your course sets the date for its answers: is "
            "[course] in tito.toml, or RECSYS_EDU_EXCHANGE, right?"
        )
    try:
        text = exchange.answers.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        text = ""
    try:
        found = json.loads(text)["answers"].get(lesson.id)
        opening = None if found is None else datetime.fromisoformat(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AnswersError(f"{exchange.answers} cannot be read: tell your instructor.") from None
    return opening if opening is None else opening.astimezone(UTC)


def _missing(workspace: Workspace, lesson: Lesson) -> str:
    """Return a sentence about the next step of the lesson."""
    progress, number = load_progress(workspace).of(lesson.id), lesson.number
    path = notebook_of(workspace, lesson)
    if not path.is_file():
        return f"Missing: you have not begun; `tito start {number}` opens it."
    if digest_of(path) == digest_of(lesson.release):
        return f"Missing: nothing is written yet; `tito hint {number}` gives a first hint."
    if not progress.tested:
        return f"Missing: its tests have not passed; `tito test {number}` shows which."
    if not progress.exported or not export_of(workspace, lesson).is_file():
        return f"Missing: it is not exported; `tito complete {number}` does all that is left."
    if not progress.judged:
        return f"Missing: `tito checkpoint {number}` has not run."
    return f"Missing: its checkpoint failed; `tito checkpoint {number}` says where."
