"""Downloading: fetch an archive, verify it, unpack it, and leave nothing half-written behind.

Files and folders appear under their final name in one step, after everything about them has been
checked. An archive's checksum is either known beforehand, or it is recorded at the first download,
which the user has to agree to, and holds from then on.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import secrets
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from string import hexdigits
from typing import BinaryIO

from recsys_edu.datasets.archive import Archive
from recsys_edu.errors import DownloadError, InvalidParameterError

TRUST_VARIABLE = "RECSYS_EDU_TRUST_DOWNLOAD"
_CHUNK = 1 << 16
_MOST_BYTES = 4 << 30  # neither an archive nor what it holds may be larger


def fetch(
    archive: Archive,
    destination: Path,
    *,
    checksum: str | None = None,
    trust: bool | None = None,
    timeout: float = 30.0,
) -> None:
    """Make ``destination`` the dataset's folder: download where needed, verify, unpack.

    The archive stays beside it, together with its SHA-256.

    Args:
        archive: what to fetch.
        destination: the folder to make; must not exist yet.
        checksum: what the archive must have, where ``archive`` does not say.
        trust: accept what the server sends as the true archive where no checksum is known. The
            default asks the environment variable RECSYS_EDU_TRUST_DOWNLOAD, which must be 1.
        timeout: seconds to wait for the server at each step.

    Raises:
        DownloadError: anything that went wrong, with what to do about it.
    """
    file = destination.parent / archive.file_name
    record = file.with_name(file.name + ".sha256")
    if trust is None:
        trust = os.environ.get(TRUST_VARIABLE) == "1"
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        expected = [c for c in (archive.checksum, checksum, _recorded(record)) if c is not None]
        for known in expected:
            _parsed(known)
        if not expected and not trust:
            raise DownloadError(
                f"the checksum of {archive.url} is not known: set {TRUST_VARIABLE}=1 to accept "
                "what the server sends this once (its SHA-256 is kept and verified from then on), "
                f"or give the checksum: download_dataset({archive.folder!r}, checksum='sha256:…')."
            )
        if file.exists():
            for known in expected:
                _verify(file, known, str(file), "delete it to have it downloaded again")
        else:
            download(archive.url, file, checksums=expected, timeout=timeout)
        if not record.exists():
            _record(file, record)
        unpack(file, archive.folder, destination)
    except DownloadError:
        raise
    except OSError as error:
        raise DownloadError(_storage_problem(destination, error)) from error


def download(
    url: str, path: Path, *, checksums: list[str] | None = None, timeout: float = 30.0
) -> None:
    """Download ``url`` to the file ``path``, which appears only when complete and verified.

    Progress goes to stderr.

    Args:
        url: http or https.
        path: the file to make; its folder must exist.
        checksums: what the file must have, such as "md5:0e33…" or "sha256:…".
        timeout: seconds to wait for the server at each step.

    Raises:
        DownloadError: no connection, an answer other than the file, a file cut short or with
            another checksum, or no place to put it.
    """
    with _temporary_file(path) as (partial, sink):
        try:
            _receive(url, sink, path.name, timeout)
            sink.close()
        except DownloadError:
            raise
        except OSError as error:
            raise DownloadError(_storage_problem(path, error)) from error
        for checksum in checksums or []:
            _verify(partial, checksum, f"what {url} sent", "nothing was kept")
        partial.replace(path)


def unpack(file: Path, folder: str, destination: Path) -> None:
    """Unpack the zip ``file``, whose ``folder`` becomes ``destination`` in one step.

    Raises:
        DownloadError: not a sound zip file, a path that leads out of it, or no such folder in it.
    """
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".unpacking-") as temporary:
        try:
            with zipfile.ZipFile(file) as opened:
                members = [m for m in opened.infolist() if _is_inside(m.filename, file)]
                if sum(member.file_size for member in members) > _MOST_BYTES:
                    raise DownloadError(f"{file} holds more than {_MOST_BYTES >> 30} GiB.")
                opened.extractall(temporary, members)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
            raise DownloadError(f"{file} is not a sound zip file ({error}); delete it.") from None
        inner = Path(temporary) / folder
        if not inner.is_dir():
            raise DownloadError(f"{file} holds no folder {folder!r}.")
        try:
            inner.rename(destination)
        except OSError:
            if not destination.is_dir():  # where it is, another process was faster
                raise


def _receive(url: str, sink: BinaryIO, name: str, timeout: float) -> None:
    """Copy the body of the answer to ``sink``, whose own errors pass as they are."""
    if not url.startswith(("https://", "http://")):
        raise InvalidParameterError(f"url must begin with https:// or http://; got {url!r}.")
    with _network(url):
        response = urllib.request.urlopen(url, timeout=timeout)
    with response:
        announced = response.headers.get("Content-Length", "")
        total = int(announced) if announced.isdigit() else None
        received = 0
        with _progress(name, total) as show:
            while chunk := _next_chunk(response, url):
                received += len(chunk)
                if received > _MOST_BYTES:
                    raise DownloadError(f"{url} sends more than {_MOST_BYTES >> 30} GiB; gave up.")
                sink.write(chunk)
                show(received)
    if total is not None and received != total:
        raise DownloadError(
            f"{url} was cut short: {received:,} of {total:,} bytes came; try again."
        )


def _next_chunk(response: http.client.HTTPResponse, url: str) -> bytes:
    with _network(url):
        return response.read(_CHUNK)


@contextmanager
def _network(url: str) -> Iterator[None]:
    """Raise all that can go wrong on the way to a server as one error."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadError(
            f"{url} cannot be downloaded: the server answered {error.code} {error.reason}."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"{url} cannot be downloaded ({str(reason) or type(reason).__name__}); check the "
            "connection and try again."
        ) from error


@contextmanager
def _progress(name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Yield a function that shows on stderr how many bytes have come; live on a terminal."""
    live = sys.stderr.isatty()
    size = "" if total is None else f" of {total / 1e6:.1f}"
    if not live:
        print(f"downloading {name}", file=sys.stderr)

    def show(received: int) -> None:
        if live:
            line = f"\rdownloading {name}: {received / 1e6:.1f}{size} MB"
            print(line, end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if live:
            print(file=sys.stderr)


@contextmanager
def _temporary_file(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a new file beside ``path``, gone afterwards unless it was renamed."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as sink:
            yield partial, sink
    finally:
        partial.unlink(missing_ok=True)


def _parsed(checksum: str) -> tuple[str, str]:
    """Return algorithm and hexadecimal digest of a checksum."""
    algorithm, _, digest = checksum.lower().partition(":")
    if {"md5": 32, "sha256": 64}.get(algorithm) != len(digest) or set(digest) - set(hexdigits):
        raise InvalidParameterError(
            f"checksum must be 'sha256:' or 'md5:' and its hexadecimal digits; got {checksum!r}."
        )
    return algorithm, digest


def _digest(file: Path, algorithm: str) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(
            opened, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def _verify(file: Path, checksum: str, what: str, advice: str) -> None:
    """Raise DownloadError unless the file has this checksum."""
    algorithm, expected = _parsed(checksum)
    found = _digest(file, algorithm)
    if found != expected:
        raise DownloadError(
            f"{what} is not the expected file: its {algorithm} is {found} instead of {expected}; "
            + advice
        )


def _recorded(record: Path) -> str | None:
    """Return the checksum that was recorded at the first download, if there was one."""
    if not record.exists():
        return None
    words = record.read_text(encoding="utf-8", errors="replace").split()
    checksum = f"sha256:{words[0]}" if words else ""
    try:
        _parsed(checksum)
    except InvalidParameterError:
        raise DownloadError(f"{record} holds no SHA-256; delete it.") from None
    return checksum


def _record(file: Path, record: Path) -> None:
    """Write the file's SHA-256 down, in the form that ``sha256sum --check`` reads."""
    with _temporary_file(record) as (partial, sink):
        sink.write(f"{_digest(file, 'sha256')}  {file.name}\n".encode())
        sink.close()
        partial.replace(record)


def _is_inside(name: str, file: Path) -> bool:
    """Return true; raise DownloadError for a path that leads out of the folder of the archive."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or ":" in name:
        raise DownloadError(f"{file} holds the unsafe path {name!r}; delete it.")
    return True


def _storage_problem(path: Path, error: OSError) -> str:
    """Return one sentence about a place that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left on the disk for {path}; free some, or set XDG_CACHE_HOME elsewhere."
    return f"{path} cannot be written ({error.strerror or error}); set XDG_CACHE_HOME elsewhere."
