"""The one recipe by which all artefacts are built: flags, directives and limits.

Flags are portable: results must not depend on the processor or on the compiler's mood, so there is
no contraction into fused multiply-adds, no reassociation and no ``-march=native``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

VERSION: Final = 1
"""Counted up with every change of the recipe, so that nothing old is taken from a cache."""

FLAGS_GNU: Final = (
    "-O3", "-ffp-contract=off", "-g0",
    "-Wno-psabi", "-Wno-unused-function", "-Wno-unknown-warning-option",
)  # fmt: skip
FLAGS_MSVC: Final = ("/O2", "/fp:precise")
OPENMP_GNU: Final = (
    (("-fopenmp",), ("-fopenmp",)),
    (("-Xpreprocessor", "-fopenmp"), ("-lomp",)),
)
"""Pairs of flags to compile and to link; the first that builds a parallel loop is taken."""
OPENMP_MSVC: Final = ((("/openmp:llvm",), ()), (("/openmp",), ()))
_NEEDS_OPENMP: Final = re.compile(rb"\b(prange|parallel|openmp|omp)\b")

DIRECTIVES: Final[dict[str, object]] = {"language_level": 3, "embedsignature": True}
"""Cython's own defaults but for these: bounds are checked until the author says otherwise."""
MACROS: Final = (("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION"),)
NO_FLAGS_FROM: Final = (
    "CFLAGS", "CPPFLAGS", "LDFLAGS", "LDSHARED", "CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH",
    "CL", "_CL_",
)  # fmt: skip
"""Environment variables that would change a build without anybody seeing it."""


@dataclass(frozen=True)
class BuildLimits:
    """Limits of one build; sizes in bytes."""

    seconds: float = 120.0
    memory: int = 2 * 2**30
    """Address space of each process."""
    printed_bytes: int = 256 * 2**10
    """Size of everything that the compilers print."""
    file_bytes: int = 64 * 2**20
    """Size of each file that is written on the way."""
    module_bytes: int = 8 * 2**20
    """Size of the finished module."""


def wants_openmp(source: bytes) -> bool:
    """Return True where a source uses OpenMP, so that its flags have to be looked for."""
    return _NEEDS_OPENMP.search(source) is not None
