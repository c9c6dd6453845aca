"""Times of submissions, and the other small files beside a notebook that was handed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tito.course.exchange import SECRET, STAMP, TIME_FORMAT
from tito.grading.course import Submission
from tito.jail.plain_files import read_below

BESIDE: Final = (STAMP, SECRET)
"""Files that nbgrader keeps beside a notebook: its time, and the key to its feedback."""
_MAX_BYTES: Final = 4096
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def handed_in_at(submission: Submission) -> datetime | None:
    """Return the time in ``timestamp.txt``; None if there is no such file.

    Raises:
        ValueError: the file cannot be read, or has no time.
    """
    content = read_beside(submission, STAMP)
    return None if content is None else parse_time(content.decode())


def read_beside(submission: Submission, name: str) -> bytes | None:
    """Read a small file beside the notebook that was handed in; return None if there is none.

    Raises:
        ValueError: it is not a plain file, too large, or unreadable.
    """
    root = submission.course.root
    path = submission.submitted.with_name(name)
    try:
        return read_below(root, path.relative_to(root).as_posix(), limit=_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None


def parse_time(text: str) -> datetime:
    """Read a time as nbgrader does.

    Raises:
        ValueError: it is no time, or not plausible.
    """
    try:
        time = datetime.strptime(text.strip(), TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        time = _parse_any(text.strip())
    if not is_plausible(time):
        raise ValueError("it is no time at which a notebook was handed in.")
    return time


def is_plausible(time: datetime) -> bool:
    """Return True for a time in the years in which a hand-in can be."""
    return _FIRST_YEAR <= time.year <= _LAST_YEAR


def _parse_any(text: str) -> datetime:
    """Read a time in any format that nbgrader knows."""
    from nbgrader.utils import parse_utc  # takes long to import

    try:
        naive: datetime = parse_utc(text)
        return naive.replace(tzinfo=UTC)
    except Exception:  # dateutil raises many kinds
        raise ValueError("it is no time.") from None
