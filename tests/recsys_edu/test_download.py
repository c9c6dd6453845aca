"""Downloading, against a server on this machine that can misbehave."""

from __future__ import annotations

import errno
import hashlib
import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from recsys_edu.datasets import download as module
from recsys_edu.datasets import download_dataset, movielens
from recsys_edu.datasets.archive import Archive
from recsys_edu.datasets.download import download, fetch, unpack
from recsys_edu.errors import DownloadError, InvalidParameterError

FILES = {"toy/u.data": b"1\t1\t5\t0\n" * 50_000, "toy/README": b"a toy"}


def zipped(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as opened:
        for name, content in files.items():
            opened.writestr(zipfile.ZipInfo(name), content)
    return sink.getvalue()


GOOD = zipped(FILES)
MD5 = "md5:" + hashlib.md5(GOOD).hexdigest()
SHA256 = "sha256:" + hashlib.sha256(GOOD).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers as the path asks; counts what was asked for."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/stuck.zip":
            self.server.release.wait(10)  # type: ignore[attr-defined]
            return
        if self.path not in ("/toy.zip", "/short.zip", "/other.zip", "/unannounced.zip"):
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unannounced.zip":
            self.send_header("Content-Length", str(len(GOOD)))
        self.end_headers()
        body = {"/short.zip": GOOD[:-1000], "/other.zip": GOOD[::-1]}.get(self.path, GOOD)
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("RECSYS_EDU_TRUST_DOWNLOAD", raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.asked = []  # type: ignore[attr-defined]
        running.release = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.release.set()  # type: ignore[attr-defined]
        running.shutdown()
        thread.join()


def at(server: ThreadingHTTPServer, name: str) -> str:
    return f"http://127.0.0.1:{server.server_port}/{name}"


def asked(server: ThreadingHTTPServer) -> list[str]:
    return server.asked  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("checksum", [MD5, SHA256, SHA256.upper().replace("SHA256", "sha256")])
@pytest.mark.parametrize("name", ["toy.zip", "unannounced.zip"])
def test_a_good_file(
    server: ThreadingHTTPServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    checksum: str,
) -> None:
    download(at(server, name), tmp_path / "toy.zip", checksums=[checksum])
    assert [file.name for file in tmp_path.iterdir()] == ["toy.zip"]
    assert (tmp_path / "toy.zip").read_bytes() == GOOD
    assert capsys.readouterr() == ("", "downloading toy.zip\n")


def test_progress_on_a_terminal(
    server: ThreadingHTTPServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    download(at(server, "toy.zip"), tmp_path / "toy.zip")
    err = capsys.readouterr().err
    assert err.endswith(
        f"\rdownloading toy.zip: {len(GOOD) / 1e6:.1f} of {len(GOOD) / 1e6:.1f} MB\n"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.zip", r"missing.zip cannot be downloaded: the server answered 404"),
        ("short.zip", r"short.zip was cut short: [0-9,]+ of [0-9,]+ bytes came; try again"),
        ("other.zip", r"other.zip sent is not the expected file: its md5 is .* instead of .*kept"),
    ],
)
def test_a_bad_answer_leaves_nothing(
    server: ThreadingHTTPServer, tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(DownloadError, match=message):
        download(at(server, name), tmp_path / "toy.zip", checksums=[MD5])
    assert list(tmp_path.iterdir()) == []


def test_a_bad_answer_leaves_what_was_there(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    file = tmp_path / "toy.zip"
    file.write_bytes(b"old")
    with pytest.raises(DownloadError):
        download(at(server, "short.zip"), file)
    assert file.read_bytes() == b"old"


def test_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as closed:  # bound but not listening: nobody else can take the port
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/toy.zip"
        with pytest.raises(
            DownloadError, match=r"cannot be downloaded \(.*refused.*check the conn"
        ):
            download(url, tmp_path / "toy.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_says_nothing(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"cannot be downloaded \(.*timed out"):
        download(at(server, "stuck.zip"), tmp_path / "toy.zip", timeout=0.1)
    assert list(tmp_path.iterdir()) == []


def test_interrupted(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks: list[int] = []
    next_chunk = module._next_chunk

    def interrupt(response: Any, url: str) -> bytes:
        if chunks:
            assert [file.suffix for file in tmp_path.iterdir()] == [".partial"]
            raise KeyboardInterrupt
        chunks.append(1)
        return next_chunk(response, url)

    monkeypatch.setattr(module, "_next_chunk", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download(at(server, "toy.zip"), tmp_path / "toy.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_receive", full)
    with pytest.raises(DownloadError, match=r"no space left on the disk for .*toy.zip"):
        download(at(server, "toy.zip"), tmp_path / "toy.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    archive = Archive(at(server, "toy.zip"), "toy", MD5)
    with pytest.raises(DownloadError, match=r"cannot be written \(.*\); set XDG_CACHE_HOME"):
        fetch(archive, tmp_path / "file" / "toy")
    assert asked(server) == []


def test_only_the_web(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="url must begin with https"):
        download(f"file://{tmp_path}/x", tmp_path / "toy.zip")


def test_fetch_unpacks_and_remembers(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    fetch(Archive(at(server, "toy.zip"), "toy", MD5), cache / "toy")
    assert sorted(file.name for file in cache.iterdir()) == ["toy", "toy.zip", "toy.zip.sha256"]
    assert (cache / "toy" / "u.data").read_bytes() == FILES["toy/u.data"]
    assert (cache / "toy.zip.sha256").read_text() == f"{SHA256.removeprefix('sha256:')}  toy.zip\n"


def test_an_unknown_checksum_has_to_be_confirmed_once(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(at(server, "toy.zip"), "toy")
    with pytest.raises(
        DownloadError, match=r"is not known: set RECSYS_EDU_TRUST_DOWNLOAD=1 to acc"
    ):
        fetch(archive, tmp_path / "toy")
    monkeypatch.setenv("RECSYS_EDU_TRUST_DOWNLOAD", "yes please")
    with pytest.raises(DownloadError, match="is not known"):
        fetch(archive, tmp_path / "toy")
    assert asked(server) == []
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("RECSYS_EDU_TRUST_DOWNLOAD", "1")
    fetch(archive, tmp_path / "toy")
    monkeypatch.delenv("RECSYS_EDU_TRUST_DOWNLOAD")

    # From now on the record holds: another file is refused, with or without trust.
    (tmp_path / "toy.zip").unlink()
    other = Archive(at(server, "other.zip"), "toy")
    record = (tmp_path / "toy.zip.sha256").rename(tmp_path / "other.zip.sha256")
    for trust in (False, True):
        with pytest.raises(DownloadError, match="not the expected file: its sha256"):
            fetch(other, tmp_path / "again", trust=trust)
    record.rename(tmp_path / "toy.zip.sha256")
    fetch(archive, tmp_path / "again")
    assert (tmp_path / "again" / "README").read_bytes() == b"a toy"


def test_a_checksum_can_be_given(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    archive = Archive(at(server, "toy.zip"), "toy")
    with pytest.raises(DownloadError, match="not the expected file"):
        fetch(archive, tmp_path / "toy", checksum="sha256:" + "0" * 64)
    assert list(tmp_path.iterdir()) == []
    for wrong in ("sha256:12", "crc:00", SHA256[7:], "md5:" + "g" * 32):
        with pytest.raises(InvalidParameterError, match="checksum must be"):
            fetch(archive, tmp_path / "toy", checksum=wrong)
    fetch(archive, tmp_path / "toy", checksum=SHA256)
    assert (tmp_path / "toy").is_dir()


def test_an_archive_that_is_there_is_verified_and_not_fetched_again(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    archive = Archive(at(server, "toy.zip"), "toy", MD5)
    file = tmp_path / "toy.zip"
    file.write_bytes(GOOD[:-1])
    with pytest.raises(DownloadError, match=r"toy.zip is not the expected.*delete it to have it"):
        fetch(archive, tmp_path / "toy")
    file.write_bytes(GOOD)
    fetch(archive, tmp_path / "toy")
    assert asked(server) == []
    assert (tmp_path / "toy").is_dir()


def test_a_damaged_record(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "toy.zip.sha256").write_text("what?\n")
    with pytest.raises(DownloadError, match=r"toy.zip.sha256 holds no SHA-256; delete it"):
        fetch(Archive(at(server, "toy.zip"), "toy", MD5), tmp_path / "toy")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({"toy/a": b"", "../evil": b"x"}), r"holds the unsafe path '../evil'"),
        (zipped({"toy/a": b"", "toy/../../evil": b"x"}), "unsafe path"),
        (zipped({"toy/a": b"", "/evil": b"x"}), "unsafe path '/evil'"),
        (zipped({"toy/a": b"", "c:/evil": b"x"}), "unsafe path"),
        (zipped({"game/a": b""}), "holds no folder 'toy'"),
        (zipped({"toy": b""}), "holds no folder 'toy'"),
        (b"no zip", "not a sound zip file"),
        (GOOD[:-1000], "not a sound zip file"),
        (GOOD.replace(b"1\t1\t5\t0", b"1\t1\t4\t0", 1), "not a sound zip file"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    file = folder / "toy.zip"
    file.write_bytes(content)
    with pytest.raises(DownloadError, match=message):
        unpack(file, "toy", folder / "toy")
    assert list(tmp_path.rglob("*")) == [folder, file]


def test_another_process_may_be_faster(tmp_path: Path) -> None:
    file = tmp_path / "toy.zip"
    file.write_bytes(GOOD)
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "u.data").write_bytes(b"theirs")
    unpack(file, "toy", tmp_path / "toy")
    assert (tmp_path / "toy" / "u.data").read_bytes() == b"theirs"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["toy", "toy.zip"]


def test_download_dataset(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (dataset,) = (d for d in movielens.DATASETS if d.name == "ml-1m")
    assert dataset.source is not None
    assert dataset.source.archive is not None
    assert dataset.source.archive.checksum is None
    with pytest.raises(DownloadError, match=r"ml-1m.zip is not known.*download_dataset\('ml-1m'"):
        download_dataset("ml-1m")
    (tmp_path / "recsys_edu" / "ml-1m").mkdir(parents=True)
    download_dataset("ml-1m")  # there already: nothing to ask for
