"""Run the clauses about threads; test_thread_sanitizer.py runs it in an instrumented interpreter.

python races.py [part of a clause's name …]
"""

from __future__ import annotations

import sys

from recsys_backends import ContractViolation, optimized
from recsys_backends.contract import CLAUSES

ABOUT_THREADS = (
    "any_number_of_threads",
    "with_more_threads_than_work",
    "with_threads_side_by_side",
    "rounds_wait_for_those_before",
    "rows_wait_for_what_they_share",
    "tiles_that_end_together_all_count",
)


def main(wanted: tuple[str, ...]) -> None:
    """Run each clause once; a failed one is reported and does not end the run."""
    print(optimized.__file__)
    clauses = [c for c in CLAUSES if any(part in c.name for part in wanted)]
    for clause in clauses:
        try:
            clause("optimized", clause.rng(0))
        except ContractViolation as violation:
            print(f"{clause.name}: {violation}")
    print(f"{len(clauses)} clauses")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or ABOUT_THREADS)
