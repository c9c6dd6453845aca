"""The kernels under ThreadSanitizer, which Archer tells of OpenMP's own synchronisation.

Without Archer, and without ``ignore_noninstrumented_modules``, clean OpenMP code is accused. The
sanitizer's runtime has to be in the executable, so the interpreter is linked anew.
"""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from tests.packaging.commands import build_library, run

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).with_name("races.py")
MAIN = """
#include <Python.h>
int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
"""
WAITS = (
    "wait_until_done(pass->done + tile - n_blocks);",
    "wait_until_done(pass->done + round_before + (tile + 1) % n_blocks);",
)


def archer() -> str:
    """Return the path of Archer, which comes with LLVM's OpenMP; skip the test without it."""
    found = sorted(Path("/usr/lib").glob("llvm-*/lib/libarcher.so"))
    if not found or shutil.which("clang") is None:
        pytest.skip("clang and LLVM's OpenMP (libomp-dev) are not installed")
    return str(found[-1])


def instrumented_python(folder: Path) -> Path:
    """Link an interpreter with the sanitizer's runtime."""
    source, target = folder / "main.c", folder / "python"
    source.write_text(MAIN)
    names = ("INCLUDEPY", "LIBDIR", "LDVERSION")
    include, libraries, version = (sysconfig.get_config_var(name) for name in names)
    run(
        *("clang", "-fsanitize=thread", source, f"-I{include}", f"-L{libraries}"),
        *(f"-lpython{version}", f"-Wl,-rpath,{libraries}", "-rdynamic", "-lm", "-ldl"),
        *("-o", target),
        cwd=folder,
    )
    return target


def built(source: Path, folder: Path) -> Path:
    """Build the package with an instrumented extension."""
    library = folder / "library"
    build_library(
        source,
        library,
        CC="clang",
        LDSHARED="clang -shared",
        RECSYS_EDU_CFLAGS="-fsanitize=thread -g -O1",
    )
    return library


def told(library: Path, folder: Path, *clauses: str) -> str:
    """Run clauses on the instrumented kernels, and return everything that is printed."""
    packages = Path(np.__file__).parents[1]
    return run(
        instrumented_python(folder),
        SCRIPT,
        *clauses,
        cwd=library,
        PYTHONPATH=f"{library}:{packages}",
        OMP_TOOL_LIBRARIES=archer(),
        TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=0",
    )


def test_kernels_have_no_data_race(source: Path, tmp_path: Path) -> None:
    archer()
    library = built(source, tmp_path)
    heard = told(library, tmp_path)
    assert str(library) in heard
    assert "clauses" in heard
    assert "data race" not in heard


def test_a_planted_race_is_found(source: Path, tmp_path: Path) -> None:
    archer()
    header = source / "backends/recsys_backends/optimized/include/bpr.h"
    text = header.read_text()
    assert all(wait in text for wait in WAITS)
    header.write_text(text.replace(WAITS[0], "").replace(WAITS[1], "(void)round_before;"))
    heard = told(built(source, tmp_path), tmp_path, "rounds_wait_for_those_before")
    assert "data race" in heard
    assert "rounds_wait_for_those_before: " in heard
