"""The compilers of this machine, and one sentence about what is missing."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.errors import BuildToolsError

PACKAGES: Final = ("Cython", "setuptools")
"""Distributions that building needs."""
COMPILER_ADVICE: Final = (
    "on Debian and Ubuntu `sudo apt install build-essential`, on Fedora `sudo dnf install gcc`, on "
    "macOS `xcode-select --install`, on Windows the Build Tools for Visual Studio with their "
    "workload for C++"
)
HEADER_ADVICE: Final = (
    "on Debian and Ubuntu `sudo apt install python3-dev`, on Fedora `sudo dnf install "
    "python3-devel`; elsewhere, install Python from python.org"
)
_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Toolchain:
    """A machine's compilers, as far as a compiled module depends on them."""

    cython: str
    compiler: str
    """The C compiler's path and version, in one line."""
    abi: str
    """The ending of extension modules of this Python, which names version and platform."""


def require_toolchain() -> Toolchain:
    """Return the compilers of this machine.

    Raises:
        BuildToolsError: Cython, setuptools, a C compiler or Python's headers are missing; the
            message says what to install.
    """
    for distribution in PACKAGES:
        try:
            version(distribution)
        except PackageNotFoundError:
            raise BuildToolsError(
                f"building a Cython cell needs {distribution}, which is not installed: run "
                "`pip install 'recsys_edu[course]'`."
            ) from None
    compiler = _compiler()
    if compiler is None:
        raise BuildToolsError(
            f"building a Cython cell needs a C compiler, and there is none here: {COMPILER_ADVICE}."
        )
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        raise BuildToolsError(
            f"building a Cython cell needs Python's header files: {HEADER_ADVICE}."
        )
    return Toolchain(version("Cython"), compiler, module_suffix())


def module_suffix() -> str:
    """Return the ending of an extension module's file, such as ``.cpython-312-darwin.so``."""
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def c_compiler() -> str:
    """Return the command of the C compiler with which Python's own build would be made.

    The first that exists of the environment's ``CC``, the one that built this Python, and the usual
    names; empty where there is none, and on Windows, where setuptools looks for it.
    """
    if sys.platform == "win32":
        return ""
    candidates = (
        os.environ.get("CC", ""), str(sysconfig.get_config_var("CC") or ""), "cc", "gcc", "clang",
    )  # fmt: skip
    for command in candidates:
        words = shlex.split(command)
        if words and shutil.which(words[0]):
            return command
    return ""


def _compiler() -> str | None:
    if sys.platform == "win32":
        return _microsoft_compiler()
    command = c_compiler()
    return _version_of(command) if command else None


@functools.cache
def _version_of(command: str) -> str | None:
    """Ask a compiler for its version: macOS has a ``cc`` that only offers to be installed."""
    try:
        done = subprocess.run(
            [*shlex.split(command), "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    return f"{command}: {lines[0]}" if done.returncode == 0 and lines else None


@functools.cache
def _microsoft_compiler() -> str | None:
    """Look for Visual Studio's compiler in the place where its installer notes it."""
    programs = os.environ.get("PROGRAMFILES(X86)", "")
    finder = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    if not programs or not finder.is_file():
        return None
    component = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"
    try:
        done = subprocess.run(
            [finder, "-latest", "-products", "*", "-requires", component,
             "-property", "installationVersion"],
            capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"[\d.]+", done.stdout)
    return f"MSVC {found[0]}" if found else None
