"""Macros that break the twin in C, with the clause that must catch each: mostly races."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BrokenInC:
    """A macro of twins/engine.c, and the clause that has to notice."""

    macro: str
    caught_by: str


BROKEN_IN_C = (
    BrokenInC("SKIPS_ZEROS", "zeros_hide_no_infinity"),
    BrokenInC("ROW_INDEX_OF_16_BITS", "long_plans_are_applied_in_full"),
    BrokenInC("NO_BARRIER", "rounds_wait_for_those_before"),
    BrokenInC("NO_BARRIER_DYNAMIC", "rounds_wait_for_those_before"),
    BrokenInC("UNGUARDED_SUMS_OF_TILES", "tiles_that_end_together_all_count"),
    BrokenInC("UNGUARDED_SUMS_OF_THREADS", "tiny_passes_all_count"),
    BrokenInC("SHARED_SCRATCH", "als_half_step_is_right_with_threads_side_by_side"),
    BrokenInC("SHARED_SCRATCH", "top_k_is_right_with_threads_side_by_side"),
    BrokenInC("GRAM_NOT_AWAITED", "rows_wait_for_what_they_share"),
    BrokenInC("UNGUARDED_COUNTS", "common_users_are_all_counted"),
)
