"""What students hand in is read only where it is a plain file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.jail.conftest import needs_bubblewrap
from tito.jail.jail import Jail
from tito.jail.plain_files import SubmissionError, read_below, read_plain_file


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    (tmp_path / "gradebook.db").write_bytes(b"marks")
    root = tmp_path / "ada"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "bpr.py").write_bytes(b"her work")
    (root / "link.py").symlink_to(tmp_path / "gradebook.db")
    (root / "up").symlink_to(tmp_path)
    os.mkfifo(root / "pipe.py")
    return root


def test_a_plain_file_is_read(submission: Path) -> None:
    assert read_below(submission, "sub/bpr.py") == b"her work"
    assert read_plain_file(submission / "sub" / "bpr.py") == b"her work"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("link.py", "is a link"),
        ("up/gradebook.db", "is a link"),
        ("../gradebook.db", "no path below"),
        ("sub/../../gradebook.db", "no path below"),
        ("/etc/passwd", "no path below"),
        ("./sub/bpr.py", "no path below"),
        ("pipe.py", "no plain file"),
        ("sub", "no plain file"),
    ],
)
def test_links_and_what_is_no_file_are_refused(submission: Path, path: str, why: str) -> None:
    if not path.startswith("./") and "pipe" not in path and path != "sub":
        assert Path(os.path.normpath(submission / path)).read_bytes()  # or else it proves nothing
    with pytest.raises(SubmissionError, match=why):
        read_below(submission, path)


def test_what_is_too_large_is_refused(submission: Path) -> None:
    assert read_below(submission, "sub/bpr.py", limit=8)
    with pytest.raises(SubmissionError, match="larger than 7"):
        read_below(submission, "sub/bpr.py", limit=7)


@needs_bubblewrap
@pytest.mark.parametrize("name", ["link.py", "pipe.py"])
def test_a_jail_is_given_no_links(submission: Path, name: str) -> None:
    with pytest.raises(SubmissionError):
        Jail([submission / name])
