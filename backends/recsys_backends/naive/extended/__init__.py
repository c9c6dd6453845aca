"""Ops written by hand: what no lesson owns, and what goes beyond a lesson.

``plan_epoch`` is lesson 09's where negatives are uniform, and draws by the other samplers itself.
"""

from recsys_backends.naive.extended.plan_epoch import plan_epoch

__all__ = ["plan_epoch"]
"""Ops that naive takes from here, also where a lesson owns a part of them."""
