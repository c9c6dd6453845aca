"""Check of an installed wheel, away from the sources: every kernel is there, and is right.

Run by cibuildwheel after each build, and by the tests on the wheel of this machine.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Exit with a status that says if the compiled kernels are there and keep the contract."""
    from recsys_backends import available_backends
    from recsys_backends.contract import check
    from tito.course.lessons import all_lessons

    (found,) = [info for info in available_backends() if info.name == "optimized"]
    if not found.available:
        sys.exit(f"the compiled kernels are missing: {found.reason}")
    failed = [result.name for result in check("optimized") if not result.passed]
    if failed:
        sys.exit(f"the compiled kernels break their contract: {', '.join(failed)}")
    print(f"optimized is right, and there are {len(all_lessons())} lessons.")


if __name__ == "__main__":
    main()
