"""Collect submissions from an export or the exchange into ``submitted/``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

from tito.course.lessons import Lesson
from tito.grading.collecting.archives import opened
from tito.grading.collecting.hand_ins import Chosen, HandIn, choose_latest, sort_by_student
from tito.grading.collecting.inbound import inbound_hand_ins
from tito.grading.collecting.names import compile_pattern, is_misnamed
from tito.grading.collecting.on_roster import with_roster_id
from tito.grading.collecting.passed_over import beside, passed_over
from tito.grading.collecting.refusals import record_refusals
from tito.grading.collecting.submitted import Receipt, existing, read_receipt, store, tidy
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.grading.failures import describe_failure
from tito.grading.roster import read_roster
from tito.jail.plain_files import SubmissionError

Status = Literal["taken", "newer", "unchanged", "kept", "ignored", "refused"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)


@dataclass(frozen=True)
class Collected:
    """One student's hand-in, taken or not."""

    student: str
    """Id of the student; the path of the hand-in if its author is not known."""
    status: Status
    """ "newer" replaced an earlier one; "kept" was not taken, since the present one is newer;
    "ignored" is a file that is no notebook, and of nobody."""
    why: str = ""
    warnings: tuple[str, ...] = ()


def collect(
    course: GradingCourse,
    lesson: Lesson,
    paths: Iterable[Path] = (),
    *,
    pattern: str = "",
    before_due: bool = False,
    replace: bool = False,
    check_owner: bool = True,
) -> list[Collected]:
    """Collect a lesson's submissions; the caller holds the folder's lock.

    Args:
        course: the instructor's folder.
        lesson: the lesson.
        paths: folders, ZIPs and notebooks; without any, submissions come from the exchange.
        pattern: pattern of paths that names students, instead of the one in the settings.
        before_due: take the latest hand-in of the exchange that was in time, if there is one.
        replace: also take a hand-in that is older than the present one.
        check_owner: warn if a drop in the exchange belongs to another account.

    Returns:
        One entry per student, sorted, and one for each path that could not be used.

    Raises:
        GradingError: a path or the exchange cannot be used as a whole; nothing was collected.
    """
    tidy(course)
    regex = compile_pattern(pattern or course.settings.students.pattern)
    hand_ins: list[HandIn] = []
    refused: list[tuple[str, str]] = []
    ignored: list[tuple[str, str]] = []
    roster = read_roster(course)
    with ExitStack() as stack:
        paths = list(paths)
        for path in paths:
            _check_not_ours(course, path)
            files = stack.enter_context(opened(path))
            alone = path.suffix.lower() == ".ipynb"
            more, bad = sort_by_student(files, path, lesson, regex, alone=alone)
            hand_ins += more
            refused += bad
            for left in passed_over(files, lesson, more, bad):
                (refused if is_misnamed(left[0]) else ignored).append(left)
        if not paths:
            hand_ins, refused = inbound_hand_ins(
                course, lesson, before_due=before_due, check_owner=check_owner
            )
        hand_ins = [with_roster_id(course, roster, hand_in) for hand_in in hand_ins]
        found = list(_stored(course, lesson, hand_ins, replace=replace or before_due))
    record_refusals(
        course,
        lesson,
        {entry.student: entry.why for entry in found if entry.status == "refused"},
        [entry.student for entry in found if entry.status != "refused"],
    )
    found += [Collected(path, "ignored", why) for path, why in ignored]
    found += [Collected(path, "refused", why) for path, why in refused]
    return sorted(found, key=lambda entry: entry.student.casefold())


def _check_not_ours(course: GradingCourse, path: Path) -> None:
    """Raise GradingError if a path belongs to the instructor's folder itself."""
    root, found = course.root.resolve(), path.resolve()
    ours = [root / name for name in ("source", "release", "submitted", "autograded", "feedback")]
    if root.is_relative_to(found) or any(found.is_relative_to(folder) for folder in ours):
        raise GradingError(f"{path} belongs to the instructor's folder: name another one.")


def _stored(
    course: GradingCourse, lesson: Lesson, hand_ins: list[HandIn], *, replace: bool
) -> Iterator[Collected]:
    """Store one student's submission after the other."""
    folder = course.root / "submitted"
    there = (
        {path.name.casefold(): path.name for path in folder.iterdir()} if folder.is_dir() else {}
    )
    groups: dict[str, list[HandIn]] = {}
    for hand_in in hand_ins:
        groups.setdefault(hand_in.author.id.casefold(), []).append(hand_in)
    for group in groups.values():
        student = group[0].author.id
        warnings = tuple(warning for hand_in in group for warning in hand_in.warnings)
        try:
            _check_one_student(group, there.get(student.casefold(), student))
            submission = course.submission(lesson, student)
            if not replace:
                _check_same_person(submission, group[0])
            chosen = choose_latest(course, lesson, group)
            warnings += beside(chosen.hand_in, chosen.file)
            collected = _take(submission, chosen, warnings, replace=replace)
        except Exception as error:  # one hand-in never stops the others
            collected = Collected(student, "refused", describe_failure(error), warnings)
        yield collected


def _check_one_student(group: list[HandIn], there: str) -> None:
    """Raise SubmissionError if hand-ins belong to several students, or to another's folder."""
    for hand_in in group:
        if hand_in.problem:
            raise SubmissionError(hand_in.problem)
    ids = sorted({hand_in.author.id for hand_in in group})
    if len(ids) > 1:
        raise SubmissionError(
            f"{' and '.join(ids)} differ only in upper and lower case, which some systems ignore."
        )
    people = sorted({_told_apart_by(x.author.name, x.author.lms) for x in group})
    if len(people) > 1:
        raise SubmissionError(
            f"several students have this name: {' and '.join(people)}; unpack them, name "
            "each folder by the student's id, and collect the folder that holds these folders; or, "
            r"without students.csv, give --pattern '_(?P<student>\d+)_' for Moodle's numbers."
        )
    if ids[0] != there:
        raise SubmissionError(
            f"{there} exists already, and some systems take {ids[0]} for the same."
        )


def _check_same_person(submission: Submission, hand_in: HandIn) -> None:
    """Raise SubmissionError if the present notebook may be of somebody else of this name."""
    before = None if hand_in.on_roster else read_receipt(submission)
    if before is None:
        return
    lms = hand_in.author.lms
    apart = [each.get("participant") or each.get("prefix") for each in (before.lms, lms)]
    if all(apart) and apart[0] != apart[1]:
        raise SubmissionError(
            f"the present one is of {_told_apart_by(before.name, before.lms)}, and this one of "
            f"{_told_apart_by(hand_in.author.name, lms)}: if they are two people, name each "
            "folder by the student's id, and collect the folder that holds these folders; if they "
            "are one, give --replace."
        )


def _told_apart_by(name: str, lms: Mapping[str, str]) -> str:
    apart = lms.get("participant") or lms.get("prefix")
    return f"{name} ({apart})" if apart else name


def _take(
    submission: Submission, chosen: Chosen, warnings: tuple[str, ...], *, replace: bool
) -> Collected:
    hand_in, student = chosen.hand_in, submission.student
    digest = hashlib.sha256(chosen.content).hexdigest()
    before = existing(submission)
    if before is not None and before[0] == digest:
        return Collected(student, "unchanged", "", (*warnings, *_warnings(chosen, False)))
    if before is not None and chosen.stamp <= before[1] and not replace:
        why = (
            f"the present one is of {before[1]:%Y-%m-%d %H:%M}, "
            f"this one of {chosen.stamp:%Y-%m-%d %H:%M} (UTC)."
        )
        return Collected(student, "kept", why, warnings)
    warnings = (*warnings, *_warnings(chosen, before is not None))
    receipt = Receipt(
        original=chosen.file.path,
        source=hand_in.source,
        sha256=digest,
        submitted=chosen.stamp.isoformat(),
        time_from=chosen.time_from,
        received=datetime.now(UTC).isoformat(timespec="seconds"),
        name=hand_in.author.name,
        lms=hand_in.author.lms,
        others=[*chosen.others, *(path for path, _ in chosen.passed_over)],
    )
    store(submission, chosen.content, receipt, hand_in.secret)
    return Collected(student, "taken" if before is None else "newer", "", warnings)


def _warnings(chosen: Chosen, replaces: bool) -> list[str]:
    """Return sentences about what is not graded of a hand-in that was taken."""
    said = [
        f"{path} was handed in as well, and not taken: {why}" for path, why in chosen.passed_over
    ]
    if chosen.others:
        listed = ", ".join(chosen.others)
        said.append(f"{chosen.file.path} was taken, and these notebooks were not: {listed}.")
    if chosen.is_empty and replaces:
        said.append(
            f"nothing is written in {chosen.file.path}; the earlier one is in .tito/earlier."
        )
    return said
