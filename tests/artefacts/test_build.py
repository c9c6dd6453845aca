"""One recipe builds what compiles, and says of everything else what is wrong, in bounded time."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import numpy as np
import pytest

from recsys_edu.artefacts import recipe, toolchain
from recsys_edu.artefacts.artefact import MAX_BYTES, Artefact, Kind
from recsys_edu.artefacts.build import _taken, build
from recsys_edu.artefacts.cache import BuildCache, key_of
from recsys_edu.artefacts.errors import BuildError, BuildToolsError
from recsys_edu.artefacts.local import module_file
from recsys_edu.artefacts.recipe import BuildLimits
from recsys_edu.artefacts.toolchain import Toolchain, require_toolchain
from recsys_edu.errors import InvalidParameterError
from recsys_edu.exported import load_extension
from tests.artefacts.compilers import c_source, cython, needs_compiler

ROOT = Path(__file__).resolve().parents[2]
SHORT = BuildLimits(seconds=10)
KERNEL = """\
# distutils: libraries = there_is_none
from helper cimport twice


def dot(const double[::1] x, const double[::1] y):
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        total += x[i] * y[i]
    return twice(total) / 2
"""
HELPER = "cdef inline double twice(double x) noexcept nogil:\n    return 2 * x\n"
C_MODULE = """\
#include <Python.h>
static PyObject *one(PyObject *self, PyObject *args) { return PyLong_FromLong(1); }
static PyMethodDef methods[] = {{"one", one, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "kernel", 0, -1, methods};
PyMODINIT_FUNC PyInit_kernel(void) { return PyModule_Create(&module); }
"""


@needs_compiler
def test_a_kernel_with_declarations_beside_it_computes(tmp_path: Path) -> None:
    """Comments about the build are not read: the library in one of them does not exist."""
    artefact = cython(KERNEL, "build_kernel", helper__pxd=HELPER)
    built = build(artefact, annotate=True)
    path = tmp_path / module_file(artefact.module)
    path.write_bytes(built.module)
    dot = load_extension(artefact.module, path).dot
    x = np.arange(4.0)
    assert dot(x, x) == 14
    with pytest.raises(IndexError):  # bounds are checked unless the author says otherwise
        dot(x, x[:2])
    assert "total += x[i] * y[i]" in re.sub("<[^>]*>", "", built.annotation)


@needs_compiler
def test_a_module_in_c_is_built_by_the_same_recipe(tmp_path: Path) -> None:
    path = tmp_path / module_file("kernel")
    path.write_bytes(build(c_source(C_MODULE)).module)
    assert load_extension("kernel", path).one() == 1


@needs_compiler
@pytest.mark.parametrize(
    ("artefact", "line", "said"),
    [
        (cython("def f():\n    return missing\n"), 2, "undeclared name not builtin: missing"),
        (cython("x = 1\ndef f(:\n"), 2, "Expected"),
        (cython('include "nothing.pxi"\n'), 1, "nothing.pxi"),
        (c_source("int x = ;\n"), 1, "expected expression"),
        (cython('cdef extern from "nothing.h":\n    int x\ny = x\n'), 0, "nothing.h"),
    ],
)
def test_what_does_not_compile_is_placed(artefact: Artefact, line: int, said: str) -> None:
    with pytest.raises(BuildError, match="does not compile") as caught:
        build(artefact)
    assert [c.line for c in caught.value.messages[:1]] == ([line] if line else [])
    assert said in str(caught.value)
    assert said in caught.value.text


@needs_compiler
@pytest.mark.parametrize(
    ("artefact", "limits", "said"),
    [
        (cython("def f():\n    return 9**9**9**9\n"), BuildLimits(seconds=4), "not ended after 4"),
        (c_source('#warning on\n#include "kernel.c"\n' * 2), SHORT, "printed more than 262,144"),
        (c_source("char x[9000000] = {1};\n"), SHORT, "larger than 8,388,608 bytes"),
        (c_source("char x[90000000] = {1};\n"), SHORT, "File size limit exceeded"),
        (cython("x = (" + "[" * 9000), BuildLimits(seconds=30), "kernel.pyx"),
    ],
    ids=["time", "output", "module", "file", "depth"],
)
def test_every_build_comes_to_an_end(artefact: Artefact, limits: BuildLimits, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        build(artefact, limits)


@needs_compiler
def test_files_of_an_artefact_are_not_imported_by_the_compilers(tmp_path: Path) -> None:
    mark = tmp_path / "imported"
    evil = f"open({str(mark)!r}, 'w')\n"
    names = ("Cython__py", "setuptools__py", "sitecustomize__py", "json__py", "distutils__py")
    build(cython("def f():\n    return 1\n", **dict.fromkeys(names, evil)))
    assert not mark.exists()


@needs_compiler
def test_flags_come_from_the_recipe_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in recipe.NO_FLAGS_FROM:
        monkeypatch.setenv(name, "-no-such-flag" if "FLAGS" in name else "/nowhere")
    assert build(cython("def f():\n    return 1\n")).module


def test_the_kernels_of_the_library_have_the_same_flags() -> None:
    """setup.py runs before the library can be imported, so it says them again."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    said = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.startswith(("FLAGS", "OPENMP_GNU"))
    }
    assert set(said["FLAGS_GNU"]) <= set(recipe.FLAGS_GNU)
    assert tuple(said["FLAGS_MSVC"]) == recipe.FLAGS_MSVC
    pairs = tuple((tuple(one), tuple(two)) for one, two in said["OPENMP_GNU"])
    assert pairs == recipe.OPENMP_GNU
    assert "-ffast-math" not in recipe.FLAGS_GNU
    assert "-ffp-contract=off" in recipe.FLAGS_GNU


@pytest.mark.parametrize(
    ("kind", "module", "entry", "files"),
    [
        (Kind.CYTHON, "a b", "k.pyx", {"k.pyx": b""}),
        (Kind.CYTHON, "k", "../k.pyx", {"../k.pyx": b""}),
        (Kind.CYTHON, "k", "k.pyx", {"k.pyx": b"", "made.module": b""}),
        (Kind.CYTHON, "k", "k.pyx", {}),
        (Kind.CYTHON, "k", "k.c", {"k.c": b""}),
        (Kind.C, "k", "k.c", {"k.c": bytes(MAX_BYTES + 1)}),
        (Kind.C, "k", "k.c", {f"k{n}.c".replace("k0", "k"): b"" for n in range(65)}),
    ],
)
def test_what_is_no_artefact_is_refused(
    kind: Kind, module: str, entry: str, files: dict[str, bytes]
) -> None:
    with pytest.raises(InvalidParameterError):
        Artefact(kind, module, entry, files)


def test_plain_python_is_not_built() -> None:
    with pytest.raises(InvalidParameterError, match="plain Python"):
        build(Artefact(Kind.PYTHON, "k", "k.py", {"k.py": b""}))


def test_only_a_plain_file_of_limited_size_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert _taken(tmp_path / "file", 5) == b"12345"
    with pytest.raises(BuildError, match="larger than 4 bytes"):
        _taken(tmp_path / "file", 4)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder", "missing"):
        with pytest.raises(BuildError, match="left"):
            _taken(tmp_path / name, 5)


TOOLS = Toolchain("3", "cc 1", ".so")


def test_a_built_module_is_kept_by_all_that_it_was_made_of(tmp_path: Path) -> None:
    cache, built = BuildCache(tmp_path / "built"), []

    def builder(artefact: Artefact) -> bytes:
        built.append(artefact.digest())
        return b"module %d" % len(built)

    first, other = cython("x = 1"), cython("x = 2")
    assert cache.module_of(first, TOOLS, builder) == b"module 1"
    assert cache.module_of(first, TOOLS, builder) == b"module 1"
    changes = [
        (other, TOOLS),
        (cython("x = 1", "named"), TOOLS),
        (cython("x = 1", helper__pxd=""), TOOLS),
        (first, Toolchain("4", "cc 1", ".so")),
        (first, Toolchain("3", "cc 2", ".so")),
        (first, Toolchain("3", "cc 1", ".abi.so")),
    ]
    assert len({key_of(*change) for change in [(first, TOOLS), *changes]}) == 7
    for artefact, tools in changes:
        cache.module_of(artefact, tools, builder)
    assert len(built) == 7


def test_a_damaged_module_and_a_folder_that_cannot_be_written_only_cost_time(
    tmp_path: Path,
) -> None:
    cache, artefact = BuildCache(tmp_path / "built"), cython("x = 1")
    cache.module_of(artefact, TOOLS, lambda wanted: b"module")
    (kept,) = cache.folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert cache.module_of(artefact, TOOLS, lambda wanted: b"again") == b"again"
    (tmp_path / "file").touch()
    blocked = BuildCache(tmp_path / "file" / "built")
    assert blocked.module_of(artefact, TOOLS, lambda wanted: b"module") == b"module"


def test_a_module_that_another_user_keeps_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, artefact = BuildCache(tmp_path), cython("x = 1")
    cache.module_of(artefact, TOOLS, lambda wanted: b"module")

    def refused(path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "utime", refused)
    assert cache.module_of(artefact, TOOLS, lambda wanted: b"again") == b"module"


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    cache, artefact = BuildCache(tmp_path), cython("x = 1")

    def failing(artefact: Artefact) -> bytes:
        raise BuildError("no")

    with pytest.raises(BuildError):
        cache.module_of(artefact, TOOLS, failing)
    assert cache.module_of(artefact, TOOLS, lambda wanted: b"module") == b"module"


def test_the_folder_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys_edu.artefacts.cache.MOST_KEPT", 3)
    cache = BuildCache(tmp_path)
    for number in range(5):
        cache.module_of(cython(f"x = {number}"), TOOLS, lambda wanted: b"module")
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("compiler", "sudo apt install build-essential"),
        ("compiler", "sudo dnf install gcc"),
        ("compiler", "xcode-select --install"),
        ("compiler", "Build Tools for Visual Studio"),
        ("headers", "python3-dev"),
        ("Cython", "pip install 'recsys_edu[course]'"),
        ("setuptools", "pip install 'recsys_edu[course]'"),
    ],
)
def test_what_is_missing_is_said_with_what_to_install(
    missing: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if missing == "compiler":
        monkeypatch.setattr(toolchain, "_compiler", lambda: None)
    elif missing == "headers":
        monkeypatch.setattr(toolchain, "_compiler", lambda: "cc 1")
        monkeypatch.setattr(toolchain.sysconfig, "get_path", lambda name: str(tmp_path))
    else:
        monkeypatch.setattr(toolchain, "PACKAGES", (f"no-{missing}",))
    with pytest.raises(BuildToolsError) as caught:
        require_toolchain()
    assert said in str(caught.value)


def test_a_compiler_that_only_offers_to_be_installed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cc").write_text("#!/bin/sh\necho install me >&2\nexit 1\n")
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("CC", str(tmp_path / "cc"))
    with pytest.raises(BuildToolsError, match="needs a C compiler"):
        require_toolchain()
