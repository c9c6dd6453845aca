"""Ids of hand-ins by the roster, so that a student has the same id whatever the LMS writes."""

from __future__ import annotations

from dataclasses import replace

from tito.grading.collecting.hand_ins import HandIn
from tito.grading.collecting.names import Author
from tito.grading.course import GradingCourse
from tito.grading.roster import NAME, Roster


def with_roster_id(course: GradingCourse, roster: Roster | None, hand_in: HandIn) -> HandIn:
    """Return a hand-in with its author's id on the roster, or with a warning that there is none.

    An id under which something was collected before stays, since a student whose id changes would
    be in the gradebook twice.
    """
    if roster is None:
        return hand_in
    author = hand_in.author
    person = roster.find(_ids(author), [author.name])
    if person is None:
        return _warned(hand_in, f"{NAME} does not have this student, or has several who may be.")
    if person.id == author.id or (course.root / "submitted" / author.id).is_dir():
        return hand_in
    return replace(hand_in, author=replace(author, id=person.id))


def _warned(hand_in: HandIn, warning: str) -> HandIn:
    return replace(hand_in, warnings=(*hand_in.warnings, warning))


def _ids(author: Author) -> list[str]:
    """Return the author's id and the LMS's; all that a Blackboard name may stand for.

    In ``gradebook_CS_1_lab_j_doe`` only the roster can tell where the user's name begins.
    """
    words = author.lms.get("prefix", "").split("_")
    suffixes = ["_".join(words[at:]) for at in range(1, len(words))]
    if suffixes:
        return suffixes
    return [author.id, *([author.lms["user"]] if "user" in author.lms else [])]
