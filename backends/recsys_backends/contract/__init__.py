"""The contract, as code: everything that a backend must do, in clauses that can be run.

``check(backend)`` runs all that apply. Tests, checkpoints, grading and leaderboards use the same
clauses, on backends by name and on any object that has ops. ``docs/contract.md`` lists the clauses
and says what the contract does not promise.
"""

from recsys_backends.contract.catalogue import CLAUSES, VERSION
from recsys_backends.contract.checking import ClauseResult, check, hold
from recsys_backends.contract.clause import Clause, Level

__all__ = ["CLAUSES", "VERSION", "Clause", "ClauseResult", "Level", "check", "hold"]
