"""Files that all jails see are in memory before the first one starts: reading tells nothing."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tito.jail import page_cache
from tito.jail.jail import Jail, JailUnavailableError
from tito.jail.page_cache import shared_places, warm_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="jails are Linux's")


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    warm_files.cache_clear()
    yield
    warm_files.cache_clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, int]]:
    """Devices and inodes of the files that the kernel was asked for."""
    found: set[tuple[int, int]] = set()

    def note(descriptor: int, start: int, length: int, advice: int) -> None:
        assert (start, length, advice) == (0, 0, os.POSIX_FADV_WILLNEED)
        status = os.fstat(descriptor)
        found.add((status.st_dev, status.st_ino))

    monkeypatch.setattr(os, "posix_fadvise", note)
    return found


def key_of(path: str | Path) -> tuple[int, int]:
    status = Path(path).resolve().stat()
    return status.st_dev, status.st_ino


def test_python_its_libraries_and_numpy_are_read(asked: set[tuple[int, int]]) -> None:
    assert warm_files() > 1000
    assert {key_of(os.__file__), key_of(np.__file__), key_of("/proc/self/exe")} <= asked


def test_packages_that_a_lesson_allows_are_read(asked: set[tuple[int, int]]) -> None:
    import scipy

    warm_files()
    assert key_of(scipy.__file__) not in asked
    warm_files(("scipy",))
    assert key_of(scipy.__file__) in asked


def test_no_more_is_read_than_fits(
    asked: set[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_cache, "_SHARE_OF_MEMORY", 0.0)
    assert warm_files() <= 1
    assert not asked


def test_nothing_of_the_machine_is_left_out_that_a_judged_jail_shows() -> None:
    try:
        jail = Jail()
    except JailUnavailableError as error:
        pytest.skip(str(error))
    with jail, contextlib.ExitStack() as opened:
        arguments = jail._view(opened, 1000).arguments
        own = jail._parts.folder.parent
        pairs = itertools.pairwise(arguments)
        shown = {Path(source) for option, source in pairs if option == "--ro-bind"}
    assert {path for path in shown if own not in path.parents} <= set(shared_places())
