"""Arrays between two zones of memory that nobody may write to."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.contract.clause import require

_LEAST: Final = 1024
_ROWS: Final = 70


class GuardedArray:
    """A copy of an array in the middle of a larger piece of memory.

    Args:
        content: the array to copy.
        filling: number around it where it holds float32; NaN shows reads beyond the array, a
            number shows additions beyond it.

    The copy is aligned to its items and to nothing more. Integers around it look like its own, so
    that a read beyond it gives a wrong answer and no crash.
    """

    def __init__(self, content: NDArray[Any], filling: float) -> None:
        row = content.shape[1] if content.ndim == 2 else 1
        zone = max(_LEAST, _ROWS * row)
        memory = np.empty(2 * zone + content.size + 16, content.dtype)
        lead = zone + self._steps_to_odd_address(memory)
        self._memory = memory
        self._inside = slice(lead, lead + content.size)
        self._fill(content, filling)
        self.array = memory[self._inside].reshape(content.shape)
        self.array[...] = content
        self._before = self._zones()

    @staticmethod
    def _steps_to_odd_address(memory: NDArray[Any]) -> int:
        """Return how many items lie before an address one item beyond a multiple of 64."""
        size = memory.itemsize
        return int(-(memory.ctypes.data // size) % (64 // size)) + 1

    def _fill(self, content: NDArray[Any], filling: float) -> None:
        if content.dtype.kind == "f":
            self._memory[:] = filling
        elif content.dtype == np.int64:  # where rows start: a few more rows would follow
            self._memory[:] = 0
            last = int(content[-1]) if content.size else 0
            self._memory[self._inside.stop :] = last + np.arange(
                len(self._memory) - self._inside.stop
            ).clip(0, 40)
        else:
            self._memory[:] = np.resize(content, len(self._memory)) if content.size else 0

    def _zones(self) -> bytes:
        before, after = self._memory[: self._inside.start], self._memory[self._inside.stop :]
        return before.tobytes() + after.tobytes()

    def require_intact(self, name: str, what: str) -> None:
        """Raise ContractViolation if anything was written outside the array."""
        require(
            self._zones() == self._before,
            f"memory before or after {name} was written to {what}; is an index out of range?",
        )
