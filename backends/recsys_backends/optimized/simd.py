"""Choose the instruction set by hand: to show that results do not depend on it, and what it buys.

The environment variable ``RECSYS_EDU_SIMD`` (portable, avx2 or avx512) sets it for a process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from recsys_backends.errors import InvalidArgumentError
from recsys_backends.optimized import _cpu

ENVIRONMENT_VARIABLE: Final = "RECSYS_EDU_SIMD"
_NAMES: Final = ("portable", "avx2", "avx512")


def available_levels() -> tuple[str, ...]:
    """The instruction sets that this build and this processor have, narrowest first."""
    return _NAMES[: _cpu.best_level() + 1]


def _number(name: str) -> int:
    if name not in available_levels():
        raise InvalidArgumentError(
            f"instruction set {name!r} is not available here; choose one of "
            f"{', '.join(available_levels())} (set {ENVIRONMENT_VARIABLE}, or leave it unset)."
        )
    return _NAMES.index(name)


_wish = os.environ.get(ENVIRONMENT_VARIABLE)
_level = _number(_wish) if _wish else _cpu.best_level()


def current_level() -> int:
    """The number that the kernels take: 0 portable, 1 AVX2, 2 AVX-512."""
    return _level


@contextmanager
def use_level(name: str) -> Iterator[None]:
    """Run a block on one instruction set; for the whole process, so for tests and measurements."""
    global _level
    before, _level = _level, _number(name)
    try:
        yield
    finally:
        _level = before
