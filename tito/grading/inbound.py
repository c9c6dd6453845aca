"""The exchange's inbound: what ``tito submit`` and ``nbgrader submit`` have dropped there."""

from __future__ import annotations

import os
import pwd
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tito.course.exchange import SECRET, STAMP
from tito.course.lessons import Lesson
from tito.grading.archives import Found
from tito.grading.course import GradingCourse, GradingError
from tito.grading.hand_ins import HandIn
from tito.grading.names import Who, as_id
from tito.grading.submitted import parse_time
from tito.jail.plain_files import SubmissionError, read_below

_SLACK = timedelta(minutes=5)


def inbound_hand_ins(
    course: GradingCourse, lesson: Lesson, *, before_due: bool, check_owner: bool
) -> tuple[list[HandIn], list[tuple[str, str]]]:
    """Each student's latest drop; and those that cannot be used, with the reason.

    Args:
        course, lesson: of which.
        before_due: the latest that is not after the due date, where there is one.
        check_owner: warn where a drop belongs to another account than it is named after.

    Raises:
        GradingError: the course has no exchange, or nothing was ever released there.
    """
    folder = _inbound(course)
    found: dict[str, list[HandIn]] = {}
    refused = []
    for name in sorted(path.name for path in folder.iterdir()):
        match = re.fullmatch(rf"(.+)\+{re.escape(lesson.id)}\+([^+]+)(?:\+[^+]+)?", name)
        if match is None:
            continue
        try:
            hand_in = _hand_in(folder, name, match[1], match[2], check_owner=check_owner)
        except (SubmissionError, ValueError, OSError) as error:
            refused.append((name, str(error)))
        else:
            found.setdefault(match[1], []).append(hand_in)
    due = course.settings.due.get(lesson.id) if before_due else None
    return [_latest(drops, due) for drops in found.values()], refused


def _inbound(course: GradingCourse) -> Path:
    exchange = course.exchange
    if exchange is None:
        raise GradingError(
            "grading.toml names no exchange: name what to collect (a folder, a ZIP, notebooks), or "
            "set [course] exchange."
        )
    folder = exchange.inbound
    if not folder.is_dir():
        raise GradingError(f"there is no {folder}: `tito grade release` makes it.")
    return folder


def _hand_in(folder: Path, name: str, user: str, time: str, *, check_owner: bool) -> HandIn:
    stamp = parse_time(time)
    try:
        read_below(folder, f"{name}/{STAMP}", 1000)
    except FileNotFoundError:
        raise SubmissionError("it has no timestamp.txt: is it still being written?") from None
    files = []
    with os.scandir(folder / name) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            read = partial(read_below, folder, f"{name}/{entry.name}")
            files.append(
                Found(os.fsencode(entry.name).decode("utf-8", "backslashreplace"), None, read)
            )
    secret = None
    if any(file.path == SECRET for file in files):
        secret = read_below(folder, f"{name}/{SECRET}", 1000)
    who = Who(as_id(user), user, {"kind": "exchange"})
    warnings = _warnings(folder / name, user, stamp, check_owner=check_owner)
    return HandIn(who, str(folder / name), files, stamp, secret, warnings)


def _warnings(drop: Path, user: str, stamp: datetime, *, check_owner: bool) -> tuple[str, ...]:
    status = drop.lstat()
    said = []
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = f"user {status.st_uid}"
    if check_owner and owner != user:
        said.append(f"named after {user}, but it belongs to {owner}: did {owner} hand it in?")
    changed = datetime.fromtimestamp(status.st_ctime, UTC)
    if changed > stamp + _SLACK:
        said.append(f"its name says {stamp:%Y-%m-%d %H:%M}, but it is of {changed:%Y-%m-%d %H:%M}")
    return tuple(said)


def _latest(drops: list[HandIn], due: datetime | None) -> HandIn:
    def stamp(hand_in: HandIn) -> datetime:
        assert hand_in.stamp is not None
        return hand_in.stamp

    ordered = sorted(drops, key=stamp)
    in_time = [drop for drop in ordered if due is not None and stamp(drop) <= due]
    return (in_time or ordered)[-1]
