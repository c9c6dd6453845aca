"""Building and loading on the author's own machine, with modules kept in the user's cache."""

from __future__ import annotations

import atexit
import functools
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from recsys_edu.artefacts.artefact import Artefact
from recsys_edu.artefacts.build import build
from recsys_edu.artefacts.cache import BuildCache
from recsys_edu.artefacts.toolchain import module_suffix, require_toolchain
from recsys_edu.exported import load_extension


def build_here(artefact: Artefact) -> bytes:
    """Return an artefact's module, which is built where the user's cache does not hold it.

    The build is not jailed: it may do what the user may, as their notebook does.

    Raises:
        BuildToolsError: this machine has no compiler; the message says what to install.
        BuildError: the artefact does not compile, or takes more than the limits.
    """
    from recsys_edu.datasets._dataset import cache_folder  # it loads NumPy

    toolchain = require_toolchain()
    cache = BuildCache(cache_folder() / "built")
    return cache.module_of(artefact, toolchain, lambda wanted: build(wanted).module)


def module_file(name: str) -> str:
    """Return the file name of an extension module for this Python."""
    return f"{name.rpartition('.')[2]}{module_suffix()}"


def load_built(artefact: Artefact) -> ModuleType:
    """Build an artefact and import it into this process; errors as of ``build_here``."""
    known = sys.modules.get(artefact.module)
    if known is not None:
        return known
    path = _folder() / module_file(artefact.module)
    path.write_bytes(build_here(artefact))
    return load_extension(artefact.module, path)


@functools.cache
def _folder() -> Path:
    """A folder of this process, removed at its end where the system lets loaded files go."""
    folder = Path(tempfile.mkdtemp(prefix="recsys-modules-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
