"""Tests that need compilers, and the folder in which they keep what they build."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys_edu.artefacts.artefact import Artefact, Kind
from recsys_edu.artefacts.errors import BuildToolsError
from recsys_edu.artefacts.toolchain import require_toolchain


def _missing() -> str:
    try:
        require_toolchain()
    except BuildToolsError as error:
        return str(error)
    return ""


needs_compiler = pytest.mark.skipif(bool(_missing()), reason=_missing() or "never")


def own_cache(factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have this process and its children keep built modules in one folder of the test session."""
    folder = factory.getbasetemp() / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "recsys_edu" / "built"


def cython(source: str, name: str = "kernel", **files: str) -> Artefact:
    """An artefact of one Cython file, and others beside it by name, with ``__`` for the dot."""
    more = {file.replace("__", "."): text.encode() for file, text in files.items()}
    return Artefact(
        Kind.CYTHON, f"my_recsys.{name}", f"{name}.pyx", {f"{name}.pyx": source.encode(), **more}
    )


def c_source(source: str, name: str = "kernel") -> Artefact:
    """An artefact of one C file."""
    return Artefact(Kind.C, name, f"{name}.c", {f"{name}.c": source.encode()})
