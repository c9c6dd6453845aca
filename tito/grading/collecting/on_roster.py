"""Ids of hand-ins by the roster, so that a student has the same id whatever the LMS writes."""

from __future__ import annotations

from dataclasses import replace

from tito.grading.collecting.hand_ins import HandIn
from tito.grading.collecting.names import Author, as_id
from tito.grading.course import GradingCourse
from tito.grading.roster import NAME, Roster


def with_roster_id(course: GradingCourse, roster: Roster | None, hand_in: HandIn) -> HandIn:
    """Return a hand-in with its author's id on the roster, or with a warning that there is none.

    An id under which something was collected before stays, since a student whose id changes would
    be in the gradebook twice. A hand-in whose ids are several people's is nobody's: it has a
    problem, and an id of its own.
    """
    if roster is None:
        return hand_in
    author = hand_in.author
    if not author.lms and author.id in roster.by_id:  # a folder that an instructor has named
        return replace(hand_in, on_roster=True)
    meant = roster.with_ids(_ids(author))
    if len(meant) > 1:
        return _unclear(hand_in, sorted(person.id for person in meant))
    person = roster.find(_ids(author), [author.name])
    if person is None:
        return _warned(hand_in, f"{NAME} does not have this student, or has several who may be.")
    if person.id == author.id or (course.root / "submitted" / author.id).is_dir():
        return replace(hand_in, on_roster=True)
    return replace(hand_in, author=replace(author, id=person.id), on_roster=True)


def _unclear(hand_in: HandIn, meant: list[str]) -> HandIn:
    """Return a hand-in that is refused, under an id that is none of those that may be meant."""
    author = hand_in.author
    path = hand_in.files[0].path if hand_in.files else author.name
    own = as_id(f"{author.lms.get('prefix') or path} ?")
    problem = (
        f"{path} may be of {' or of '.join(meant)}, by their ids in {NAME}: unpack it, name its "
        "folder by the student's id, and collect the folder that holds this one."
    )
    return replace(hand_in, author=replace(author, id=own), problem=problem)


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
