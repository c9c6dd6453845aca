"""The one function that builds an artefact: for the notebook's magic, for export, and in a jail.

The work is done by ``compile.py`` in a process of its own, under limits. Outside of a jail that
process may do what its caller may, as the author's own notebook does.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import recsys_backends
import recsys_edu
from recsys_edu.artefacts import recipe
from recsys_edu.artefacts.artefact import Artefact
from recsys_edu.artefacts.compile import ANNOTATED, MADE
from recsys_edu.artefacts.errors import BuildError, CompilerMessage
from recsys_edu.artefacts.recipe import BuildLimits
from recsys_edu.artefacts.toolchain import c_compiler
from recsys_edu.errors import InvalidParameterError

_SECONDS_BETWEEN: Final = 0.02
_MESSAGE: Final = re.compile(r"^([A-Za-z0-9_]+\.\w+):(\d+):\d+: (?:error: )?(.*)$", re.MULTILINE)
_C_ERROR: Final = re.compile(r"\berror: (.*)")


@dataclass(frozen=True)
class Built:
    """The outcome of a build that went well."""

    module: bytes
    """The extension module's file; empty where only the annotation was asked for."""
    annotation: str = ""
    """Cython's annotated source as HTML; empty where it was not asked for."""


def build(
    artefact: Artefact,
    limits: BuildLimits | None = None,
    *,
    annotate: bool = False,
    translate_only: bool = False,
) -> Built:
    """Compile an artefact in a process of its own, in a folder that is gone afterwards.

    Args:
        artefact: of the kind ``cython`` or ``c``.
        limits: the time, memory and sizes that it may take.
        annotate: True to have Cython's annotation as well.
        translate_only: True to go no further than to C, for the annotation alone.

    Raises:
        BuildError: it does not compile, or takes more than the limits; says which, with the
            compilers' own words in ``text``.
        InvalidParameterError: the artefact is not compiled at all.
    """
    if not artefact.is_compiled:
        raise InvalidParameterError(
            f"{artefact.module} is plain Python: there is nothing to build."
        )
    limits = limits or BuildLimits()
    with tempfile.TemporaryDirectory(prefix="recsys-build-", ignore_cleanup_errors=True) as name:
        folder = Path(name, "files")
        folder.mkdir()
        for file, content in artefact.files.items():
            (folder / file).write_bytes(content)
        settings = _settings(artefact, limits, annotate=annotate, translate_only=translate_only)
        _run(artefact, settings, folder, Path(name, "printed"), limits)
        module = b"" if translate_only else _taken(folder / MADE, limits.module_bytes)
        page = _taken(folder / ANNOTATED, limits.module_bytes) if annotate else b""
    return Built(module, page.decode(errors="replace"))


def _settings(
    artefact: Artefact, limits: BuildLimits, *, annotate: bool, translate_only: bool
) -> dict[str, object]:
    """Return what the compiling process is told."""
    return {
        "module": artefact.module,
        "sources": artefact.sources,
        "annotate": annotate,
        "translate_only": translate_only,
        "openmp": any(recipe.wants_openmp(content) for content in artefact.files.values()),
        "memory": limits.memory,
        "file_bytes": limits.file_bytes,
    }


def _run(
    artefact: Artefact,
    settings: dict[str, object],
    folder: Path,
    printed: Path,
    limits: BuildLimits,
) -> None:
    """Run the compiling process to its end; BuildError where it fails or has to be ended."""
    command = [sys.executable, "-P", "-m", "recsys_edu.artefacts.compile", json.dumps(settings)]
    with printed.open("w+b") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            ended_for = _watch(process, output, limits)
        finally:
            _end(process)
        output.seek(0)
        text = output.read(limits.printed_bytes).decode(errors="replace")
    if ended_for:
        raise BuildError(f"{artefact.entry} was not built: {ended_for}.", text=text)
    if process.returncode != 0:
        raise _does_not_compile(artefact, text, process.returncode)


def _watch(process: subprocess.Popen[bytes], output: IO[bytes], limits: BuildLimits) -> str:
    """Wait for the process; return why it has to be ended, or nothing where it has ended."""
    deadline = time.monotonic() + limits.seconds
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_BETWEEN)
        if os.fstat(output.fileno()).st_size > limits.printed_bytes:
            return f"the compilers printed more than {limits.printed_bytes:,} bytes"
        if process.returncode is not None:
            return ""
        if time.monotonic() > deadline:
            return f"the compilers had not ended after {limits.seconds:g} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it has started, whether or not it has ended itself."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _environment() -> dict[str, str]:
    """Return this process's environment without what would change flags, in English."""
    places = [Path(package.__path__[0]).parent for package in (recsys_edu, recsys_backends)]
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [*map(str, places), *(str(Path(part).absolute()) for part in known if part)]
    kept = {name: value for name, value in os.environ.items() if name not in recipe.NO_FLAGS_FROM}
    compiler = {"CC": c_compiler()} if c_compiler() else {}
    changed = {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C",
    }
    return {**kept, **compiler, **changed}


def _taken(path: Path, limit: int) -> bytes:
    """Return a file that the build has made: a plain one, where it has to be, of limited size."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise BuildError(f"the build has left no file to take over ({error.strerror}).") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BuildError("the build has left something that is no plain file.")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise BuildError(f"what was built is larger than {limit:,} bytes.")
    return content


def _does_not_compile(artefact: Artefact, text: str, status: int) -> BuildError:
    messages = tuple(
        CompilerMessage(file, int(line), message.strip())
        for file, line, message in _MESSAGE.findall(text)
        if file in artefact.files
    )
    if messages:
        first = messages[0]
        why = f"{first.file}, line {first.line}: {first.message}"
    else:
        found = _C_ERROR.search(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        last = lines[-1] if lines else f"the compiling process ended with status {status}"
        why = f"the C compiler says: {found[1]}" if found else last
    return BuildError(
        f"{artefact.entry} does not compile: {why[:500].rstrip('.')}.",
        text=text,
        messages=messages,
    )
