"""Read an LMS's export: a folder, a ZIP or a single notebook, which is never unpacked.

Nothing here writes. A ZIP's entries are read into memory one by one, up to a limit, whatever its
headers say. No link is followed in a folder.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from tito.grading.collecting.zip_names import DecodableZip
from tito.grading.course import GradingError
from tito.grading.timestamps import is_plausible
from tito.jail.limits import MIB
from tito.jail.plain_files import MAX_BYTES, SubmissionError, read_below, read_plain_file

MAX_FILES: Final = 200_000
"""Number of files in a folder or ZIP."""
MAX_FILES_EACH: Final = 50_000
"""Number of files and folders in each entry of a folder that was given."""
CROWDED: Final = f"has more than {MAX_FILES_EACH:,} files and folders"
"""Problem of an entry of which some files are not listed."""
MAX_RATIO: Final = 200
"""Largest ratio of unpacked to packed size of a file of more than a MiB."""
_ARCHIVES: Final = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_PASSED_OVER: Final = ("__MACOSX", "__pycache__")
_HIDDEN: Final = re.compile(r"\.[^.\\].*")
_EXTENDED_TIMESTAMP: Final = 0x5455


@dataclass(frozen=True)
class UnreadFile:
    """A file that somebody handed in, and that is not read yet."""

    path: str
    """Path in the folder or ZIP, with ``/``; bytes that are no text are escaped."""
    modified: datetime | None
    """Time of the last change, in UTC, from the folder or ZIP."""
    read: Callable[[], bytes]
    """Function that returns the bytes; raises SubmissionError if the file cannot be used."""
    problem: str = ""
    """Reason why the file must not be read; empty if it may."""

    @property
    def is_notebook(self) -> bool:
        """True if the file is named like a notebook."""
        return self.path.lower().endswith(".ipynb")


@contextmanager
def opened(path: Path) -> Iterator[list[UnreadFile]]:
    """List the files in a folder or ZIP, or one notebook, for reading inside of the block.

    Raises:
        GradingError: there is no such path, it is of another kind, or it is damaged as a whole.
    """
    if path.is_dir():
        yield list(_in_folder(path))
    elif not path.is_file():
        raise GradingError(f"there is no file or folder {path}.")
    elif path.suffix.lower() == ".zip":
        with _zip(path) as archive:
            yield list(_in_zip(path, archive))
    elif path.suffix.lower() == ".ipynb":
        modified = _time_of(path.lstat().st_mtime)
        yield [UnreadFile(printable_path(str(path)), modified, partial(read_plain_file, path))]
    else:
        raise GradingError(f"{path} is neither a folder nor a ZIP nor a notebook.")


def _in_folder(root: Path) -> Iterator[UnreadFile]:
    """List the files of a folder, and of each entry in it no more than a limit."""
    n_listed = 0
    for name in _names_in(root):
        for file in _below(root, name):
            n_listed += 1
            if n_listed > MAX_FILES:
                raise GradingError(
                    f"{root} holds more than {MAX_FILES:,} files: is it the right folder?"
                )
            yield file


def _below(root: Path, top: str) -> Iterator[UnreadFile]:
    """List a file, or the files in a folder and its subfolders; any may be gone by now."""
    waiting, n_seen = [top], 0
    while waiting:
        relative = waiting.pop()
        name = relative.rpartition("/")[2]
        if _HIDDEN.fullmatch(name) or name in _PASSED_OVER:
            continue
        n_seen += 1
        if n_seen > MAX_FILES_EACH:
            yield _unread(root, f"{top}/…", None, CROWDED)
            return
        try:
            status = (root / relative).lstat()
            if stat.S_ISDIR(status.st_mode):
                waiting += reversed([f"{relative}/{each}" for each in _names_in(root / relative)])
                continue
        except OSError as error:
            yield _unread(root, relative, None, f"cannot be read ({error.strerror})")
        else:
            problem = _problem_of_file(relative, status)
            yield _unread(root, relative, _time_of(status.st_mtime), problem)


def _names_in(folder: Path) -> list[str]:
    """Return the sorted names in a folder, and no more than a limit."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in islice(entries, MAX_FILES_EACH + 1))


def _unread(root: Path, relative: str, modified: datetime | None, problem: str) -> UnreadFile:
    read = partial(read_below, root, relative)
    return UnreadFile(printable_path(relative), modified, read, problem)


def _problem_of_file(relative: str, status: os.stat_result) -> str:
    if not relative.isprintable():
        return "has a path that is not allowed"
    if stat.S_ISLNK(status.st_mode):
        return "is a link, and links are not followed"
    return _nested(relative)


def _time_of(seconds: float) -> datetime | None:
    """Return a file's time in UTC; None if no hand-in can be of that time."""
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return time if is_plausible(time) else None


def printable_path(path: str) -> str:
    """Return a path of this system as text, with bytes that are no text escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _nested(path: str) -> str:
    if path.lower().endswith(_ARCHIVES):
        return "is an archive: unpack it into a folder of the same name"
    return ""


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    with DecodableZip(path) as file:
        try:
            archive = zipfile.ZipFile(file)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ValueError,
            struct.error,
            OSError,
        ) as error:
            raise GradingError(
                f"{path} is not a ZIP, or is damaged ({error}): download it again."
            ) from None
        file.listed = True
        with archive:
            yield archive


def _in_zip(path: Path, archive: zipfile.ZipFile) -> Iterator[UnreadFile]:
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) > MAX_FILES:
        raise GradingError(f"{path} holds {len(files):,} files; at most {MAX_FILES:,} are read.")
    times = Counter(_name(entry) for entry in files)
    for entry in files:
        name = _name(entry)
        if any(_HIDDEN.fullmatch(part) or part in _PASSED_OVER for part in name.split("/")):
            continue
        problem = "is in the ZIP more than once" if times[name] > 1 else _problem(entry, name)
        yield UnreadFile(name, _modified(entry), partial(_read, archive, entry, name), problem)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; many programs write UTF-8 without declaring it."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def _problem(entry: zipfile.ZipInfo, name: str) -> str:
    mode = entry.external_attr >> 16
    if "\\" in name or name.startswith("/") or re.match("[A-Za-z]:", name):
        return "has a path that leads out of the ZIP"
    if any(part in ("", ".", "..") for part in name.split("/")) or not name.isprintable():
        return "has a path that is not allowed"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link, or no plain file"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed by an unusual method"
    if entry.file_size > MAX_BYTES:
        return f"is larger than {MAX_BYTES:,} bytes"
    if entry.file_size > max(MIB, MAX_RATIO * entry.compress_size):
        return f"unpacks to more than {MAX_RATIO} times its size"
    return _nested(name)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    try:
        with archive.open(entry) as file:
            content = file.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise SubmissionError(f"{name} is damaged in the ZIP ({error}).") from None
    except (RuntimeError, ValueError, struct.error) as error:
        raise SubmissionError(f"{name} cannot be read from the ZIP ({error}).") from None
    if len(content) > MAX_BYTES:
        raise SubmissionError(f"{name} is larger than {MAX_BYTES:,} bytes.")
    return content


def _modified(entry: zipfile.ZipInfo) -> datetime | None:
    """Return the time of the last change, exact if the ZIP has it in UTC.

    Otherwise the time is taken as of this machine's time zone, to two seconds.
    """
    rest = entry.extra
    while len(rest) >= 4:
        kind, size = struct.unpack("<HH", rest[:4])
        field, rest = rest[4 : 4 + size], rest[4 + size :]
        if kind == _EXTENDED_TIMESTAMP and len(field) >= 5 and field[0] & 1:
            return _time_of(struct.unpack("<i", field[1:5])[0])
    try:
        return _time_of(datetime(*entry.date_time).timestamp())
    except (ValueError, OverflowError):
        return None
