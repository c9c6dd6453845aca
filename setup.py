"""The compiled extension and the package folders; everything else is in pyproject.toml.

Each kernel is tried with the best flags that the compiler understands. A compiler without OpenMP
gives single-threaded kernels; without any compiler the package installs all the same, with every
backend but "optimized".
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CCompilerError, CompileError, ExecError, LinkError, PlatformError

OPTIMIZED = Path("backends/recsys_backends/optimized")
NO_COMPILER = (CCompilerError, CompileError, ExecError, LinkError, PlatformError, OSError)
# Results must not depend on the compiler's mood: no contraction into FMA, no reassociation.
FLAGS_GNU = ["-O3", "-ffp-contract=off"]
FLAGS_GNU_IF_KNOWN = ["-Wno-psabi", "-Wno-unused-function"]
NATIVE_GNU = ["-march=native", "-mcpu=native"]  # the latter: Clang on ARM
FLAGS_MSVC = ["/O2", "/fp:precise"]
# (compile, link), the first that compiles and links a parallel loop is taken.
OPENMP_GNU = [(["-fopenmp"], ["-fopenmp"]), (["-Xpreprocessor", "-fopenmp"], ["-lomp"])]
# Nothing for MSVC: threads need GCC's atomics (team.h), and its runtime would be one DLL more.
OPENMP_PROBE = """
#include <omp.h>
int probe(void) {
    int total = 0;
    #pragma omp parallel for reduction(+ : total)
    for (int i = 0; i < 4; i++) total += omp_get_thread_num() >= 0;
    return total;
}
int main(void) { return probe() != 4; }
"""


class BuildKernels(build_ext):
    """Choose flags by trying them, and say plainly what could not be built."""

    def build_extensions(self) -> None:
        """Build with the flags of this compiler."""
        msvc = self.compiler.compiler_type == "msvc"
        flags = list(FLAGS_MSVC) if msvc else self.gnu_flags()
        extra = os.environ.get("RECSYS_EDU_CFLAGS", "").split()
        compile_openmp, link_openmp = self.openmp_flags([] if msvc else OPENMP_GNU)
        for extension in self.extensions:
            extension.extra_compile_args = [*flags, *compile_openmp, *extra]
            extension.extra_link_args = [*link_openmp, *extra]
        super().build_extensions()

    def gnu_flags(self) -> list[str]:
        """Return the flags for GCC and Clang; those that not all of them know are tried first."""
        flags = FLAGS_GNU + [flag for flag in FLAGS_GNU_IF_KNOWN if self.knows(flag)]
        if os.environ.get("RECSYS_EDU_NATIVE") == "1":
            flags += [flag for flag in NATIVE_GNU if self.knows(flag)][:1]
        return flags

    def knows(self, flag: str) -> bool:
        """Return True if the compiler takes a flag without a warning."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text("int main(void) { return 0; }\n")
            try:
                self.compiler.compile(
                    [str(source)], output_dir=folder, extra_postargs=["-Werror", flag]
                )
            except NO_COMPILER:
                return False
        return True

    def openmp_flags(
        self, candidates: list[tuple[list[str], list[str]]]
    ) -> tuple[list[str], list[str]]:
        """Return the first pair of flags that builds a parallel loop, or none."""
        if os.environ.get("RECSYS_EDU_NO_OPENMP") == "1":
            return [], []
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text(OPENMP_PROBE)
            for compile_flags, link_flags in candidates:
                try:
                    objects = self.compiler.compile(
                        [str(source)], output_dir=folder, extra_postargs=compile_flags
                    )
                    self.compiler.link_executable(
                        objects, "probe", output_dir=folder, extra_postargs=link_flags
                    )
                except NO_COMPILER:
                    continue
                return compile_flags, link_flags
        print("recsys_edu: no OpenMP here, the kernels will be single-threaded", file=sys.stderr)
        return [], []

    def build_extension(self, ext: Extension) -> None:
        """Build one kernel; where there is no compiler, go on without it."""
        try:
            super().build_extension(ext)
        except NO_COMPILER as error:
            print(
                f"recsys_edu: {ext.name} was not built ({error}); everything but the "
                "'optimized' backend will work. Install a C compiler and reinstall to get it.",
                file=sys.stderr,
            )


class CopyCourse(build_py):
    """Put what learners need of the lessons into the wheel: no solutions, no hidden clauses."""

    def run(self) -> None:
        """Copy the packages, and then the lessons."""
        super().run()
        if self.editable_mode:
            return  # modules/ and notebooks/ are at hand
        for source, target in self.lesson_files():
            target.parent.mkdir(parents=True, exist_ok=True)
            self.copy_file(str(source), str(target))

    def lesson_files(self) -> list[tuple[Path, Path]]:
        """Each file and where it goes."""
        course = Path(self.build_lib, "tito", "_course")
        glossary = Path("modules", "glossary.md")
        return [(glossary, course / glossary.name)] + [
            (source, course / lesson.name / source.name)
            for lesson in sorted(Path("modules").glob("[0-9][0-9]_*"))
            for source in (
                *(path for path in sorted(lesson.iterdir()) if is_for_learners(path)),
                Path("notebooks", "release", lesson.name, f"{lesson.name}.ipynb"),
            )
        ]


def is_for_learners(path: Path) -> bool:
    """Whether a file of a lesson's folder is more than its source, its solutions and its judges."""
    kept_back = {f"{path.parent.name}.py", "hidden.py", "mutants.py", "calls.py"}
    return path.suffix in {".py", ".md", ".pxd", ".json"} and path.name not in kept_back


def kernels() -> list[Extension]:
    """One extension a .pyx file."""
    headers = [str(header) for header in sorted(OPTIMIZED.glob("include/*.h"))]
    return [
        Extension(
            f"recsys_backends.optimized.{source.stem}",
            [str(source)],
            include_dirs=[str(OPTIMIZED / "include")],
            depends=headers,
            optional=True,
        )
        for source in sorted(OPTIMIZED.glob("_*.pyx"))
    ]


setup(
    packages=[
        *find_packages(".", include=["recsys_edu*", "tito*"]),
        *find_packages("backends", include=["recsys_backends*"]),
    ],
    package_dir={"recsys_backends": "backends/recsys_backends"},
    package_data={
        "recsys_backends": ["py.typed", "*.pyi", "optimized/*.pyi"],
        "recsys_edu": ["py.typed", "*.pyi", "models/*.pyi"],
        "tito": [
            "py.typed",
            "engine_kit/templates/**/*.txt",
            "grading/pages/templates/*",
            "leaderboard/divisions/*.toml",
        ],
    },
    ext_modules=cythonize(
        kernels(),
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
        },
    ),
    cmdclass={"build_ext": BuildKernels, "build_py": CopyCourse},
)
