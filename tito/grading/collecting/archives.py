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
from pathlib import Path
from typing import Final

from tito.grading.course import GradingError
from tito.jail.limits import MIB
from tito.jail.plain_files import MAX_BYTES, SubmissionError, read_below, read_plain_file

MAX_FILES: Final = 20_000
"""Number of files in a folder or ZIP."""
MAX_TOTAL: Final = 4096 * MIB
"""Unpacked size of all notebooks of a ZIP together, in bytes."""
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
        modified = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
        yield [UnreadFile(printable_path(str(path)), modified, partial(read_plain_file, path))]
    else:
        raise GradingError(f"{path} is neither a folder nor a ZIP nor a notebook.")


def _in_folder(root: Path) -> Iterator[UnreadFile]:
    seen, folders = 0, [""]
    while folders:
        below = folders.pop()
        with os.scandir(root / below) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            seen += 1
            if seen > MAX_FILES:
                raise GradingError(
                    f"{root} holds more than {MAX_FILES:,} files: is it the right folder?"
                )
            relative = f"{below}/{entry.name}" if below else entry.name
            if _HIDDEN.fullmatch(entry.name) or entry.name in _PASSED_OVER:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(relative)
                continue
            problem = "is a link, and links are not followed" if entry.is_symlink() else ""
            if not relative.isprintable():
                problem = "has a path with unprintable characters"
            modified = datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC)
            read = partial(read_below, root, relative)
            yield UnreadFile(printable_path(relative), modified, read, problem or _nested(relative))


def printable_path(path: str) -> str:
    """Return a path of this system as text, with bytes that are no text escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _nested(path: str) -> str:
    if path.lower().endswith(_ARCHIVES):
        return "is an archive: unpack it into a folder of the same name"
    return ""


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError) as error:
        raise GradingError(
            f"{path} is not a ZIP, or is damaged ({error}): download it again."
        ) from None
    with archive:
        yield archive


def _in_zip(path: Path, archive: zipfile.ZipFile) -> Iterator[UnreadFile]:
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) > MAX_FILES:
        raise GradingError(f"{path} holds {len(files):,} files; at most {MAX_FILES:,} are read.")
    total = sum(entry.file_size for entry in files if entry.file_size <= MAX_BYTES)
    if total > MAX_TOTAL:
        raise GradingError(
            f"{path} unpacks to {total // MIB:,} MiB: at most {MAX_TOTAL // MIB:,} MiB are read."
        )
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
        return "has a path with unprintable characters"
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
            return datetime.fromtimestamp(struct.unpack("<i", field[1:5])[0], UTC)
    try:
        return datetime(*entry.date_time).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
