"""SplitMix64: the one random stream that every backend shares.

SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) is a counter with a good hash on top: draw ``i`` of
the stream with key ``k`` is ``mix64(k + (i + 1) * GOLDEN)``. Nothing has to be drawn before it, so
a plain loop, a vectorised expression and eight threads all get the same numbers.

Streams form a tree: a child's key is a draw of its parent. ``stream(seed, epoch, purpose, tile)``
is therefore the stream for one purpose in one tile of one epoch, and independent of how many draws
any other stream used.

The C twin of this file is ``optimized/include/splitmix64.h``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

GOLDEN: Final = 0x9E3779B97F4A7C15
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_MIX_1: Final = 0xBF58476D1CE4E5B9
_MIX_2: Final = 0x94D049BB133111EB


def mix64(z: int) -> int:
    """Scramble a 64-bit integer, one to one (Stafford's variant 13, as SplitMix64 uses it)."""
    z = ((z ^ (z >> 30)) * _MIX_1) & _MASK
    z = ((z ^ (z >> 27)) * _MIX_2) & _MASK
    return z ^ (z >> 31)


def draw(key: int, index: int) -> int:
    """Draw number ``index`` of the stream ``key``: an integer in [0, 2**64)."""
    return mix64((key + (index + 1) * GOLDEN) & _MASK)


def bounded(key: int, index: int, bound: int) -> int:
    """Draw number ``index`` of the stream, scaled to [0, bound) by multiply-shift.

    Of ``bound`` up to 2**32; the bias is below bound / 2**32 (Lemire, ACM TOMACS 2019).
    """
    return ((draw(key, index) >> 32) * bound) >> 32


def stream(seed: int, *path: int) -> int:
    """The key of the stream found by following ``path`` from ``seed``."""
    key = seed & _MASK
    for branch in path:
        key = draw(key, branch)
    return key


def draws_at(keys: NDArray[np.uint64], indices: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """``draw`` for each pair of a key and an index, as uint64; the two shapes broadcast."""
    z = keys + (indices + np.uint64(1)) * np.uint64(GOLDEN)
    z ^= z >> np.uint64(30)
    z *= np.uint64(_MIX_1)
    z ^= z >> np.uint64(27)
    z *= np.uint64(_MIX_2)
    z ^= z >> np.uint64(31)
    return z


def draws(key: int, n: int, start: int = 0) -> NDArray[np.uint64]:
    """Draws ``start`` to ``start + n - 1`` of the stream as uint64, shape (n,)."""
    indices = np.arange(start, start + n, dtype=np.uint64)
    return draws_at(np.array([key], dtype=np.uint64), indices)


def scale(values: NDArray[np.uint64], bounds: NDArray[np.uint64] | int) -> NDArray[np.int64]:
    """Bring 64-bit draws into [0, bound) each, as ``bounded`` does; int64, shape of ``values``."""
    scaled = (values >> np.uint64(32)) * np.asarray(bounds, dtype=np.uint64)
    return (scaled >> np.uint64(32)).astype(np.int64)


def uniforms(key: int, n: int, start: int = 0) -> NDArray[np.float64]:
    """Draws as float64 in [0, 1) with 53 random bits, shape (n,)."""
    return (draws(key, n, start) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(key: int, n: int) -> NDArray[np.int64]:
    """A random order of 0 … n-1 (Fisher-Yates: position i swaps with a draw from [0, i])."""
    order = list(range(n))
    partners = scale(draws(key, n), np.arange(1, n + 1, dtype=np.uint64)).tolist()
    for i in range(n - 1, 0, -1):
        j = partners[i]
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.int64)
