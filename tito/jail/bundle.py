"""Modules of this software that go into a jail: one by one, so that no answer does."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterable
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from typing import Final

from tito.jail.packages import OURS
from tito.jail.temporary import TemporaryFolder, named_when_full

ENTRY: Final = ("tito.jail.inside", "tito.jail.selfcheck", "tito.jail.limits")
_PIPE: Final = (
    "tito.wire.frames", "tito.wire.pipe", "tito.wire.tensors", "tito.wire.values",
    "tito.wire.waiting",
)  # fmt: skip
_ARRAYS: Final = (
    "recsys_backends.errors", "recsys_backends.lazy", "recsys_backends.plan",
    "recsys_backends.protocol", "recsys_backends.random", "recsys_backends.registry",
    "recsys_backends.whole_numbers",
)  # fmt: skip
CALLS: Final = (
    *_PIPE, *_ARRAYS, "tito.wire.runner", "tito.wire.masking", "tito.wire.proxies",
    "recsys_edu.exported", "recsys_edu._version",
)  # fmt: skip
"""Modules that answer calls; none of them knows an answer."""
CELLS: Final = (*_PIPE, "tito.jail.cell_runner", "tito.jail.captured")
"""Modules that run cells, beside the library, which is there as a whole."""
BUILDS: Final = (
    *_PIPE, *_ARRAYS, "tito.jail.build_runner",
    "recsys_edu.artefacts.artefact", "recsys_edu.artefacts.build", "recsys_edu.artefacts.compile",
    "recsys_edu.artefacts.errors", "recsys_edu.artefacts.recipe", "recsys_edu.artefacts.toolchain",
    "recsys_edu.errors", "recsys_edu._version",
)  # fmt: skip
"""Modules that build artefacts, beside the compilers."""


class Bundle:
    """Folder with copies of some modules; it is removed with the last reference.

    Attributes:
        folder: root of the modules.
        nothing: an empty file.
    """

    def __init__(self, modules: Iterable[str]) -> None:
        self._parent = TemporaryFolder("bundle")
        self.nothing = self._parent.path / "nothing"
        self.folder = self._parent.path / "code"
        with named_when_full(self._parent.path):
            self._fill(modules)

    def _fill(self, modules: Iterable[str]) -> None:
        self.nothing.touch(0o444)
        self.folder.mkdir()
        for name in sorted({part for module in modules for part in _with_packages(module)}):
            self._add(name)
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o444)  # for the user in the jail

    def _add(self, module: str) -> None:
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"there is no module {module} to be had", name=module)
        source = Path(spec.origin)
        target = self.folder / Path(*module.split("."))
        if spec.submodule_search_locations is None:
            target = target.with_name(source.name)
        else:
            target = target / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        if source.name == "__init__.py" and (stub := source.with_suffix(".pyi")).exists():
            shutil.copy2(stub, target.with_suffix(".pyi"))  # its public names
        if source.suffix == ".py" and (compiled := Path(cache_from_source(source))).exists():
            cached = Path(cache_from_source(target))
            cached.parent.mkdir(exist_ok=True)
            shutil.copy2(compiled, cached)  # which goes by the source's time and size


@functools.lru_cache(maxsize=32)
def bundle_of(modules: tuple[str, ...]) -> Bundle:
    """Return the bundle of these modules, made once in each process."""
    return Bundle(modules)


def ours_among(allowed: Iterable[str]) -> tuple[str, ...]:
    """Return the modules of this software among those that a lesson allows, with their contents."""
    found: list[str] = []
    for name in allowed:
        if name.split(".")[0] in OURS:
            found += _with_contents(name)
    return tuple(found)


def _with_packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _with_contents(module: str) -> list[str]:
    """Return a module; for a package, everything in it as well."""
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return [module]
    found = [module]
    for place in spec.submodule_search_locations:
        for path in sorted(Path(place).iterdir()):
            name = path.name.partition(".")[0]
            inner = path.is_dir() and (path / "__init__.py").is_file()
            if inner or (path.suffix in (".py", ".so") and name != "__init__"):
                found += _with_contents(f"{module}.{name}")
    return found
