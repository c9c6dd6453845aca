"""Wheels for every system: the configuration, and the flags for compilers that are not here."""

from __future__ import annotations

import runpy
import shlex
import sys
import tomllib
import zipfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from setuptools.errors import CompileError

from tests.packaging.commands import ROOT, build_library, failing_clauses, run

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WHEELS = PROJECT["tool"]["cibuildwheel"]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of setup.py, which builds nothing."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("setuptools.setup", lambda **_: None)
    monkeypatch.setattr("Cython.Build.cythonize", lambda extensions, **_: extensions)
    for name in ("RECSYS_EDU_NATIVE", "RECSYS_EDU_NO_OPENMP", "RECSYS_EDU_CFLAGS"):
        monkeypatch.delenv(name, raising=False)
    return runpy.run_path("setup.py")


class Compiler:
    """A compiler that knows some flags."""

    def __init__(self, kind: str, knows: Callable[[str], bool]) -> None:
        self.compiler_type = kind
        self.knows = knows

    def compile(self, sources: list[str], *, extra_postargs: list[str], **_: Any) -> list[str]:
        if not all(map(self.knows, extra_postargs)):
            raise CompileError("unknown flag")
        return sources

    def link_executable(self, *_: Any, **__: Any) -> None:
        return


def flags_for(build: dict[str, Any], compiler: Compiler) -> tuple[list[str], list[str]]:
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    command = build["BuildKernels"](Distribution())
    command.compiler, command.extensions = compiler, [Extension("kernel", ["kernel.c"])]
    original = build_ext.build_extensions
    build_ext.build_extensions = lambda self: None
    try:
        command.build_extensions()
    finally:
        build_ext.build_extensions = original
    (kernel,) = command.extensions
    return kernel.extra_compile_args, kernel.extra_link_args


def test_msvc_gets_its_own_flags_and_no_runtime_to_ship(build: dict[str, Any]) -> None:
    compiled, linked = flags_for(build, Compiler("msvc", lambda flag: flag.startswith("/")))
    assert compiled == ["/O2", "/fp:precise"]
    assert linked == []


def test_apples_clang_without_openmp(
    build: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    unknown = {"-fopenmp", "-Xpreprocessor", "-Wno-psabi", "-march=native"}
    compiler = Compiler("unix", lambda flag: flag not in unknown)
    compiled, linked = flags_for(build, compiler)
    assert compiled == ["-O3", "-ffp-contract=off", "-Wno-unused-function"]
    assert linked == []
    assert "single-threaded" in capfd.readouterr().err
    monkeypatch.setenv("RECSYS_EDU_NATIVE", "1")
    assert flags_for(build, compiler)[0][-1] == "-mcpu=native"


def test_apples_clang_with_libomp(build: dict[str, Any]) -> None:
    compiler = Compiler("unix", lambda flag: flag != "-march=native")

    def without_fopenmp(flags: list[str], **_: Any) -> bool:
        return "-Xpreprocessor" in flags or "-fopenmp" not in flags

    original = compiler.compile

    def compile_(sources: list[str], *, extra_postargs: list[str], **_: Any) -> list[str]:
        if not without_fopenmp(extra_postargs):
            raise CompileError("unsupported option '-fopenmp'")
        return original(sources, extra_postargs=extra_postargs)

    compiler.compile = compile_  # type: ignore[method-assign]
    compiled, linked = flags_for(build, compiler)
    assert compiled[-2:] == ["-Xpreprocessor", "-fopenmp"]
    assert linked == ["-lomp"]


def test_gcc_gets_openmp(build: dict[str, Any]) -> None:
    compiled, linked = flags_for(build, Compiler("unix", lambda flag: True))
    assert "-ffp-contract=off" in compiled
    assert (compiled[-1], linked) == ("-fopenmp", ["-fopenmp"])


def test_every_python_and_system_of_the_course_gets_a_wheel() -> None:
    declared = {
        line.rpartition(" ")[2].replace(".", "")
        for line in PROJECT["project"]["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    }
    assert {pattern.removesuffix("-*") for pattern in WHEELS["build"]} == {
        f"cp{version}" for version in declared
    }
    wanted = ("manylinux_x86_64", "manylinux_aarch64", "macosx_arm64", "win_amd64")
    for name in (f"cp312-{system}" for system in wanted):
        assert any(fnmatch(name, pattern) for pattern in WHEELS["build"])
        assert not any(fnmatch(name, pattern) for pattern in WHEELS["skip"])
    assert WHEELS["macos"]["environment"]["RECSYS_EDU_NO_OPENMP"] == "1"
    assert set(WHEELS["macos"]["archs"]) == {"x86_64", "arm64"}


@pytest.mark.slow
def test_a_wheel_of_this_machine_passes_the_check(source: Path, tmp_path: Path) -> None:
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path)
    run(*build, cwd=source, PYTHONPATH="")
    (wheel,) = tmp_path.glob("*.whl")
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    assert f"-{tag}-{tag}-" in wheel.name, "compiled for one Python, not for any"
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.startswith(("tests/", "modules/", "benchmarks/"))]
    assert not [name for name in names if name.endswith((".c", ".h", ".pyx", "hidden.py"))]
    target = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target, wheel)
    command = WHEELS["test-command"].format(project=source)
    program, *arguments = shlex.split(command)
    assert program == "python"
    said = run(sys.executable, *arguments, cwd=target, PYTHONPATH=str(target))
    assert "optimized is right" in said
    kernel = next((target / "recsys_backends" / "optimized").glob("_bpr*.so"))
    kernel.unlink()
    with pytest.raises(AssertionError, match="kernels are missing"):
        run(sys.executable, *arguments, cwd=target, PYTHONPATH=str(target))


@pytest.mark.slow
def test_a_compiler_without_vectors_and_threads_keeps_the_contract(
    source: Path, tmp_path: Path
) -> None:
    """MSVC's way through the headers, by the compiler that is here."""
    library = tmp_path / "library"
    build_library(
        source,
        library,
        RECSYS_EDU_NO_OPENMP="1",
        RECSYS_EDU_CFLAGS="-DRECSYS_PLAIN_C",
    )
    assert failing_clauses(library) == "[]"
