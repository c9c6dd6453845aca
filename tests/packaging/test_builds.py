"""Every way to build: from an sdist, by Clang, without OpenMP or a compiler, sanitized."""

from __future__ import annotations

import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.commands import build_library, failing_clauses, installed, run

KERNELS = {"_als", "_bpr", "_cpu", "_matmul", "_neighbors", "_plan", "_top_k"}
pytestmark = pytest.mark.slow


def test_sdist_builds_a_working_wheel_in_isolation(source: Path, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    run(sys.executable, "-m", "build", "--outdir", dist, cwd=source)
    (sdist,) = dist.glob("*.tar.gz")
    (wheel,) = dist.glob("*.whl")
    with tarfile.open(sdist) as archive:
        packed = {Path(name).name for name in archive.getnames()}
    assert {"_bpr.pyx", "_bpr.pyi", "bpr.h", "plan.h", "py.typed", "LICENSE"} <= packed
    assert not any(name.endswith((".c", ".so")) for name in packed)
    carried = zipfile.ZipFile(wheel).namelist()
    assert not any(name.endswith((".c", ".h", ".pyx")) for name in carried)
    built = {Path(name).name.partition(".")[0] for name in carried if name.endswith(".so")}
    assert built == KERNELS
    for name in ("recsys_backends/py.typed", "recsys_edu/py.typed", "tito/py.typed"):
        assert name in carried
    assert "recsys_edu/__init__.pyi" in carried
    assert "recsys_backends/optimized/_bpr.pyi" in carried
    target = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target, wheel)
    code = (
        "import recsys_edu, recsys_backends; from recsys_backends.contract import check;"
        f"print(recsys_edu.__file__.startswith({str(target)!r}),"
        " [r.name for r in check('optimized') if not r.passed])"
    )
    assert installed(target, code) == "True []"


def test_without_openmp_the_kernels_are_built_and_keep_the_contract(
    source: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    build_library(
        source,
        library,
        RECSYS_EDU_NO_OPENMP="1",
    )
    (kernel,) = library.glob("recsys_backends/optimized/_bpr*.so")
    assert b"GOMP_parallel" not in kernel.read_bytes()
    assert failing_clauses(library) == "[]"


def test_clang_gives_the_bytes_that_gcc_gives(source: Path, tmp_path: Path) -> None:
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    library = tmp_path / "library"
    told = build_library(
        source,
        library,
        CC="clang",
        LDSHARED="clang -shared",
    )
    assert "attribute ignored" not in told
    code = (
        "import hashlib; from recsys_backends.contract import check;"
        "from recsys_edu import BPR, set_backend; from recsys_edu.datasets import make_synthetic;"
        "set_backend('optimized'); data = make_synthetic(200, 300, 9000, min_per_user=5);"
        "model = BPR(40, 5, n_threads=1, n_blocks=2, progress=False).fit(data);"
        "arrays = (model.user_factors, model.item_factors, model.item_biases);"
        "print(hashlib.sha256(b''.join(a.tobytes() for a in arrays)).hexdigest(), end=' ');"
        "print([r.loss for r in model.history], end=' ');"
        "print([r.name for r in check('optimized') if not r.passed])"
    )
    by_clang = installed(library, code)
    assert by_clang.endswith("[]")
    assert by_clang == run(sys.executable, "-c", code, cwd=tmp_path).strip()


def test_without_a_compiler_everything_else_is_built(source: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    told = build_library(
        source,
        library,
        CC="no-such-compiler-anywhere",
    )
    assert "was not built" in told
    assert not list(library.rglob("*.so"))
    code = (
        "from recsys_backends import available_backends as a;"
        "print([(i.name, i.available) for i in a() if i.name in ('naive', 'optimized')])"
    )
    assert installed(library, code) == "[('naive', True), ('optimized', False)]"


def test_kernels_are_clean_under_address_and_undefined_behaviour_sanitizers(
    source: Path, tmp_path: Path
) -> None:
    runtimes = [
        run("gcc", f"-print-file-name={name}").strip() for name in ("libasan.so", "libubsan.so")
    ]
    if not all(Path(runtime).is_absolute() for runtime in runtimes):
        pytest.skip("gcc's sanitizer runtimes are not installed (build-essential brings them)")
    library = tmp_path / "library"
    build_library(
        source,
        library,
        RECSYS_EDU_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -g",
    )
    told = run(
        sys.executable,
        *(Path(__file__).with_name("kernel_fuzz.py"), "60"),
        cwd=library,
        PYTHONPATH=str(library),
        LD_PRELOAD=":".join(runtimes),
        ASAN_OPTIONS="detect_leaks=0",  # Python itself does not free everything at exit
    )
    assert "rounds" in told
    assert "ERROR" not in told
    assert "runtime error" not in told
