"""Files that the library writes and reads again: header, version, and one sentence for each fault.

Every kind of file has a header, JSON with the number of its format and the version that wrote it.
Files of a newer format are refused with advice to upgrade; whatever the bytes of a foreign or
damaged file set off becomes one error that names the file. Nothing in a file is ever run: arrays
are read without pickle.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from recsys_edu.errors import RecsysError
from recsys_edu.paths import as_path, special_kind

_HEADER: Final = "header.json"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file, and the error that it is refused with."""

    noun: str
    """Name of a file of this kind, such as "model file"."""
    usable: str
    """Description of a file that passes, such as "a model that can be loaded"."""
    format: int
    """Number of the format; raised when older versions could not read new files."""
    error: type[RecsysError]

    def header(self, **more: Any) -> dict[str, Any]:
        """Return a header of the current format."""
        return {"format": self.format, "recsys_edu": __version__, **more}

    def check_format(self, header: Mapping[str, Any]) -> int:
        """Return the number of the file's format; the error of the kind for a newer one."""
        found: int = header["format"]
        if found > self.format:
            version = header.get("recsys_edu")
            writer = f"recsys_edu {version}" if version else f"a newer recsys_edu (format {found})"
            raise self.error(f"{writer} wrote it, and this is {__version__}; upgrade.")
        return found

    def not_one(self) -> RecsysError:
        """Return the error about bytes that are no file of this kind."""
        article = "an" if self.noun[0] in "aeiou" else "a"
        return self.error(f"it is truncated, or was never {article} {self.noun}.")

    @contextmanager
    def writing(self, path: str | PathLike[str]) -> Iterator[Path]:
        """Give a path to write to, which takes the place of ``path`` when the block ends well.

        Raises:
            RecsysError: of the kind: the file cannot be written.
        """
        target = as_path(path)
        try:
            with atomic_path(target) as unfinished:
                yield unfinished
        except OSError as error:
            raise self.error(f"{target} cannot be written: {error.strerror or error}.") from error

    @contextmanager
    def reading(self, path: str | PathLike[str]) -> Iterator[Path]:
        """Turn every error of the block into one sentence that names the file.

        Raises:
            RecsysError: of the kind: no such file, or none that can be used.
        """
        source = as_path(path)
        try:
            kind = special_kind(source)
            if kind is not None:
                raise self.error(f"it is {kind}, not a file.")
            yield source
        except OSError as error:
            raise self.error(f"{source} cannot be read: {error.strerror or error}.") from error
        except Exception as error:
            # Whatever the pieces of a foreign or damaged file set off, the file is to blame.
            why = str(error).strip().partition("\n")[0] or type(error).__name__
            raise self.error(f"{source} is not {self.usable}: {why.rstrip('.')}.") from error


def write_archive(
    kind: FileKind, path: str | PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, Any]
) -> None:
    """Write arrays and a header as one NumPy archive, whole or not at all."""
    packed: Any = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    with kind.writing(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **{_HEADER: packed, **arrays})


def read_archive(kind: FileKind, source: Path) -> tuple[dict[str, Any], Arrays]:
    """Return header and arrays of an archive; call it in a block of ``kind.reading``."""
    with source.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise kind.not_one()
        _refuse_packed(kind, file)
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            header = json.loads(archive[_HEADER].tobytes())
            kind.check_format(header)
            arrays = {name: archive[name] for name in archive.files if name != _HEADER}
    return header, arrays


def _refuse_packed(kind: FileKind, file: IO[bytes]) -> None:
    """Refuse an archive made to fill the memory: ``write_archive`` packs nothing."""
    length = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > length:
            raise kind.error(
                "its arrays are packed, which recsys_edu never does; save the model anew."
            )
