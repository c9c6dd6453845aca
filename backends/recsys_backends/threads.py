"""How threads wait for each other."""

from __future__ import annotations

import os
from typing import Final

_SPINS: Final = "2000"


def wait_politely() -> None:
    """Have OpenMP's threads sleep soon while they wait, unless the environment says otherwise.

    GNU's OpenMP waits by spinning, for milliseconds, on a core that another program may need: two
    fits at a time on two cores took 19 times as long as one. With some microseconds of spinning
    they take 1.7 times as long, and one alone takes no longer than before. The runtime reads this
    once, when it is loaded; so call it before importing what brings OpenMP along.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
