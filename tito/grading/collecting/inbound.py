"""The exchange's inbound folder, into which ``tito submit`` and ``nbgrader submit`` drop."""

from __future__ import annotations

import os
import pwd
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from tito.course.exchange import SECRET, STAMP
from tito.course.lessons import Lesson
from tito.grading.collecting.archives import UnreadFile, printable_path
from tito.grading.collecting.hand_ins import MAX_FILES, HandIn
from tito.grading.collecting.names import Author, as_id
from tito.grading.course import GradingCourse, GradingError
from tito.grading.failures import describe_failure
from tito.grading.timestamps import parse_time
from tito.jail.plain_files import SubmissionError, read_below

_SLACK = timedelta(minutes=5)
"""Largest difference between a drop's name and its time of change without a warning."""


def inbound_hand_ins(
    course: GradingCourse, lesson: Lesson, *, before_due: bool, check_owner: bool
) -> tuple[list[HandIn], list[tuple[str, str]]]:
    """Find each student's latest drop.

    Args:
        course: the instructor's folder.
        lesson: the lesson.
        before_due: prefer the latest drop that is not after the due date.
        check_owner: warn if a drop belongs to another account than the one in its name, and ignore
            it if there is another drop of the right account.

    Returns:
        The hand-ins, and the names of drops that cannot be used, each with the reason.

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
            hand_in = _hand_in(folder, name, match[1], match[2])
        except Exception as error:  # one drop never stops the others
            refused.append((printable_path(name), describe_failure(error)))
        else:
            found.setdefault(match[1], []).append(hand_in)
    due = course.settings.due.get(lesson.id) if before_due else None
    hand_ins = []
    for user, drops in found.items():
        try:
            hand_ins.append(_latest(_own(drops) if check_owner else drops, due))
        except OSError as error:  # a drop that is gone by now
            refused.append((printable_path(user), describe_failure(error)))
    return hand_ins, refused


def _inbound(course: GradingCourse) -> Path:
    exchange = course.exchange
    if exchange is None:
        raise GradingError(
            "grading.toml names no exchange: name a folder, a ZIP or notebooks to collect, or set "
            "[course] exchange."
        )
    folder = exchange.inbound
    if not folder.is_dir():
        raise GradingError(f"there is no {folder}: `tito grade release` makes it.")
    return folder


def _hand_in(folder: Path, name: str, user: str, time: str) -> HandIn:
    try:
        stamp = parse_time(time)
    except ValueError:
        raise SubmissionError("its name has no plausible time.") from None
    try:
        read_below(folder, f"{name}/{STAMP}", 1000)
    except FileNotFoundError:
        raise SubmissionError("it has no timestamp.txt: is it still being written?") from None
    with os.scandir(folder / name) as entries:
        names = sorted(entry.name for entry in islice(entries, MAX_FILES + 1))
    files = [
        UnreadFile(printable_path(each), None, partial(read_below, folder, f"{name}/{each}"))
        for each in names
    ]
    secret = None
    if any(file.path == SECRET for file in files):
        secret = read_below(folder, f"{name}/{SECRET}", 1000)
    author = Author(as_id(user), user, {"kind": "exchange"})
    status = (folder / name).lstat()
    changed = datetime.fromtimestamp(status.st_ctime, UTC)
    said = []
    if changed > stamp + _SLACK:
        said = [
            f"its name has {stamp:%Y-%m-%d %H:%M}, but it was changed at "
            f"{changed:%Y-%m-%d %H:%M} UTC."
        ]
    return HandIn(author, str(folder / name), files, stamp, secret, tuple(said))


def _own(drops: list[HandIn]) -> list[HandIn]:
    """Keep the drops of the account in their names, or all if it has none, with a warning."""
    user = drops[0].author.name
    owners = [_owner(Path(drop.source)) for drop in drops]
    others = sorted(set(owners) - {user})
    if not others:
        return drops
    passed_over = user in owners
    advice = "it is ignored." if passed_over else f"did {others[0]} hand it in?"
    warning = f"named after {user}, but belongs to {', '.join(others)}: {advice}"
    kept = [
        drop for drop, owner in zip(drops, owners, strict=True) if owner == user or not passed_over
    ]
    return [replace(drop, warnings=(*drop.warnings, warning)) for drop in kept]


def _owner(drop: Path) -> str:
    number = drop.lstat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _latest(drops: list[HandIn], due: datetime | None) -> HandIn:
    def stamp(hand_in: HandIn) -> datetime:
        assert hand_in.stamp is not None
        return hand_in.stamp

    ordered = sorted(drops, key=stamp)
    in_time = [drop for drop in ordered if due is not None and stamp(drop) <= due]
    return (in_time or ordered)[-1]
