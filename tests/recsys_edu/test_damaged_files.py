"""Files that are no files of events: one sentence each, with bounded memory, and Ctrl-C works."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys_edu.errors import DataError
from recsys_edu.interactions import Interactions

GOOD = b"user,item\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(5000))


def put(folder: Path, content: bytes) -> Path:
    file = folder / "events.csv"
    file.write_bytes(content)
    return file


def made_zip(name: str = "a.csv", content: bytes = GOOD) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return whole.getvalue()


def made_tar() -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"), io.BytesIO())
    return whole.getvalue()


def encrypted(archive: bytes) -> bytes:
    """An archive that says that its file is encrypted."""
    raw = bytearray(archive)
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


DAMAGED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "holds no interactions"),
    "blank": (b"\n \n\n", "holds no interactions"),
    "header only": (b"user,item\n", "holds no interactions"),
    "NUL": (b"user,item\n1,2\n3,\x004\n", "line 3: a NUL byte, which text has not"),
    "UTF-16 without a mark": (
        "user,item\n1,2\n".encode("utf-16-le"),
        "line 1: a NUL byte.*utf-16-le",
    ),
    "binary": (bytes(range(256)) * 50, "line 1: a NUL byte"),
    "latin-1": (b"user,item\n1,2\nJos\xe9,3\n", "line 3: not utf-8 text; name the file's encoding"),
    "one field of a megabyte": (
        b"user,item\n1,2\n" + b"3" * (1 << 20) + b",4\n",
        "line 3: .*'33+'…",
    ),
    "and in quotes": (b'user,item\n1,2\n"' + b"3" * 200_000 + b'",4\n', "line 3: a field of more"),
    "gzip, cut": (gzip.compress(GOOD)[:-900], "is cut short .gzip.; fetch it again"),
    "gzip, changed": (b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 90, "cannot be unpacked .gzip.: "),
    "gzip, checksum": (gzip.compress(GOOD)[:-8] + bytes(8), "cannot be unpacked .gzip.: "),
    "xz, cut": (lzma.compress(GOOD)[:-90], "is cut short .xz."),
    "bzip2, cut": (bz2.compress(GOOD)[:-90], "is cut short .bzip2."),
    "bzip2, changed": (b"BZh9" + b"\xff" * 90, "cannot be unpacked .bzip2.: "),
    "xz, changed": (b"\xfd7zXZ\0" + b"\xff" * 90, "cannot be unpacked .xz.: "),
    "zip, cut": (made_zip()[:-90], "cannot be unpacked .zip.: "),
    "zip, encrypted": (encrypted(made_zip()), "cannot be unpacked .zip.: .*encrypted"),
    "zip, empty": (b"PK\x05\x06" + bytes(18), "holds 0 files"),
    "zip, of a workbook": (made_zip("[Content_Types].xml"), "is an Office file; save the sheet"),
    "gzip in gzip": (gzip.compress(gzip.compress(GOOD)), "packed twice .gzip, gzip.; unpack it"),
    "tar in gzip": (gzip.compress(made_tar()), "a tar archive; unpack it first"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(90), "a zstd file; unpack it first"),
    "sqlite": (b"SQLite format 3\0" + bytes(90), "an SQLite database; give"),
    "pickle": (b"\x80\x04\x95\x00\x00\x00", "line 1: a NUL byte"),
    "Parquet, cut": (b"PAR1" + bytes(90), "Parquet file"),
}


@pytest.mark.parametrize("read", [Interactions.from_file, Interactions.from_csv])
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files(tmp_path: Path, name: str, read: Callable[[Path], Interactions]) -> None:
    content, said = DAMAGED[name]
    file = put(tmp_path, content)
    with pytest.raises(DataError, match=rf"^[^\n]*events.csv[^\n]*{said}[^\n]*$"):
        read(file)


@pytest.mark.parametrize("read", [Interactions.from_file, Interactions.from_csv])
def test_what_is_no_regular_file(tmp_path: Path, read: Callable[[Path], Interactions]) -> None:
    with pytest.raises(DataError, match="is a folder; name a file in it"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe is a FIFO, not a file; write what it sends into a"):
        read(tmp_path / "pipe")  # without waiting for somebody to write into it
    with pytest.raises(DataError, match="zero is a device or a socket, not a file"):
        read(Path("/dev/zero"))
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "s"))
        with pytest.raises(DataError, match="is a device or a socket"):
            read(tmp_path / "s")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nowhere.csv")


def sparse_line(file: Path) -> None:
    """2 GB in one line, on a file system that keeps holes without taking room."""
    with file.open("wb") as opened:
        opened.write(b"user,item\n1,2\n3,4")
        opened.truncate(2 << 30)


def long_line(file: Path) -> None:
    with file.open("wb") as opened:
        opened.write(b"user,item\n1,2\n")
        for _ in range(50):
            opened.write(b"x" * (1 << 20))


def bomb(file: Path) -> None:
    """10 GB of one letter in some megabytes."""
    piece = gzip.compress(b"a" * (100 << 20), 9)
    with file.open("wb") as opened:
        opened.write(gzip.compress(b"user,item\n"))
        for _ in range(100):
            opened.write(piece)


def bomb_of_lines(file: Path) -> None:
    """A billion equal events."""
    piece = gzip.compress(b"1,2\n" * (10 << 20), 9)
    with file.open("wb") as opened:
        opened.write(gzip.compress(b"user,item\n"))
        for _ in range(100):
            opened.write(piece)


def zip_bomb(file: Path) -> None:
    file.write_bytes(made_zip("a.csv", b"user,item\n" + b"1,2\n" * (25 << 20)))


def open_quote(file: Path) -> None:
    file.write_bytes(b'user,item\n1,"2\n' + b"3,4\n" * 5_000_000)


BIG: dict[Callable[[Path], None], str] = {
    sparse_line: "line 3: (longer than 16 MiB|a NUL byte)",
    long_line: "line 3: longer than 16 MiB: not a file with one event a line",
    bomb: "line 2: longer than 16 MiB",
    bomb_of_lines: "holds more than 200 times its own length .gzip.",
    zip_bomb: "holds more than 200 times its own length .zip.",
    open_quote: "line 2: a field of more than 131,072 characters, mostly since a quote is open",
}

IN_A_PROCESS = """
import resource, sys
import recsys_edu.reading.recognition, recsys_edu.reading.delimited
from recsys_edu import Interactions
from recsys_edu.errors import DataError
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
try:
    getattr(Interactions, sys.argv[1])(sys.argv[2])
except DataError as error:
    print(peak() - before, error)
"""


@pytest.mark.parametrize("read", ["from_csv", "from_file"])
@pytest.mark.parametrize("make", BIG, ids=lambda make: make.__name__)
def test_memory_is_bounded(tmp_path: Path, make: Callable[[Path], None], read: str) -> None:
    file = tmp_path / "events.csv"
    make(file)
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS, read, str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    megabytes, _, sentence = done.stdout.partition(" ")
    assert re.search(rf"events.csv.*{BIG[make]}", sentence), sentence
    assert int(megabytes) < 300


def test_control_c_ends_reading_at_once(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    numbers = np.random.default_rng(0).integers(10**6, size=500_000)
    lines = "".join(f"user number {n},item number {n}\n" for n in numbers)
    file.write_text("user,item\n" + lines * 20, encoding="utf-8")
    code = (
        "import sys\nfrom recsys_edu import Interactions\nInteractions.from_events([1], [1])\n"
        "print('go', flush=True)\n"
        "try: Interactions.from_csv(sys.argv[1])\n"
        "except KeyboardInterrupt: print('ended'); sys.exit(3)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "go\n"
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=20)
    assert (said, running.returncode) == ("ended\n", 3)
