"""The process in which an artefact is compiled: Cython to C, C to an extension module.

Started by ``build.py`` as ``python -P -m recsys_edu.artefacts.compile '{…}'`` in a folder with the
artefact's files. It limits itself before it reads any of them. What it makes is the file ``MADE``
and, where asked for, the page ``ANNOTATED``; what compilers have to say goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from recsys_edu.artefacts import recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE: Final = "made.module"
ANNOTATED: Final = "annotated.html"
_OPENMP_PROBE: Final = """
#include <omp.h>
int probe(void) {
    int total = 0;
    #pragma omp parallel for reduction(+ : total)
    for (int i = 0; i < 4; i++) total += omp_get_thread_num() >= 0;
    return total;
}
int main(void) { return probe() != 4; }
"""


def main(settings: dict[str, Any]) -> int:
    """Build in the working folder, and return the exit status: 1 where it does not compile."""
    _limit_this_process(settings["memory"], settings["file_bytes"])
    entry, *others = settings["sources"]
    if entry.endswith(".pyx"):
        made = _translated(entry, settings["module"], annotate=settings["annotate"])
        if made is None:
            return 1
        entry = made
    if settings["translate_only"]:
        return 0
    return _compiled(settings["module"], [entry, *others], openmp=settings["openmp"])


def _limit_this_process(memory: int, file_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    for kind, value in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, file_bytes), (resource.RLIMIT_CORE, 0)
    ):  # fmt: skip
        _, most = resource.getrlimit(kind)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        with contextlib.suppress(OSError, ValueError):  # macOS knows no limit of address space
            resource.setrlimit(kind, (value, value))


def _translated(source: str, module: str, *, annotate: bool) -> str | None:
    """Translate Cython to C; return the C file, or None where Cython refuses it.

    ``# distutils:`` comments are not read: flags come from the recipe alone.
    """
    from Cython.Compiler.Main import compile_single
    from Cython.Compiler.Options import CompilationOptions, default_options

    target = f"{Path(source).stem}.c"
    options = CompilationOptions(  # type: ignore[no-untyped-call]
        default_options,
        include_path=["."],
        output_file=target,
        annotate="default" if annotate else False,
        compiler_directives=dict(recipe.DIRECTIVES),
    )
    result = compile_single(source, options, module)  # type: ignore[no-untyped-call]
    if result.num_errors or not Path(target).is_file():
        return None
    if annotate:
        Path(target).with_suffix(".html").replace(ANNOTATED)
    return target


def _compiled(module: str, sources: list[str], *, openmp: bool) -> int:
    """Compile C to an extension module by setuptools, which knows each platform's compiler."""
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext
    from setuptools.errors import BaseError, CCompilerError

    class _BuildWithRecipe(build_ext):  # type: ignore[misc]
        def build_extensions(self) -> None:
            msvc = self.compiler.compiler_type == "msvc"
            flags = recipe.FLAGS_MSVC if msvc else recipe.FLAGS_GNU
            compile_flags, link_flags = (
                _openmp_flags(self.compiler, msvc=msvc) if openmp else ((), ())
            )
            for extension in self.extensions:
                extension.extra_compile_args = [*flags, *compile_flags]
                extension.extra_link_args = [*link_flags]
            super().build_extensions()

    extension = Extension(
        module, sources, include_dirs=[".", *_numpy_headers()], define_macros=list(recipe.MACROS)
    )
    distribution = Distribution({"ext_modules": [extension], "script_name": "compile"})
    command = _BuildWithRecipe(distribution)
    command.build_lib, command.build_temp = "library", "objects"
    command.ensure_finalized()
    try:
        command.run()
    except (BaseError, CCompilerError) as error:
        print(error, file=sys.stderr)
        return 1
    Path(command.get_ext_fullpath(module)).replace(MADE)
    return 0


def _numpy_headers() -> Iterator[str]:
    """Folders of NumPy's headers, for ``cimport numpy``, without importing NumPy."""
    from importlib.util import find_spec

    spec = find_spec("numpy")
    for place in (spec and spec.submodule_search_locations) or ():
        yield str(Path(place, "_core", "include"))


def _openmp_flags(compiler: Any, *, msvc: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the first pair of flags that builds a parallel loop; without any, loops are serial."""
    probe = Path("openmp_probe.c")
    probe.write_text(_OPENMP_PROBE, encoding="ascii")
    for compile_flags, link_flags in recipe.OPENMP_MSVC if msvc else recipe.OPENMP_GNU:
        try:
            objects = compiler.compile(
                [str(probe)], output_dir="probes", extra_postargs=list(compile_flags)
            )
            compiler.link_executable(
                objects, "probe", output_dir="probes", extra_postargs=list(link_flags)
            )
        except Exception:  # each compiler has errors of its own for flags that it does not know
            continue
        return compile_flags, link_flags
    return (), ()


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
