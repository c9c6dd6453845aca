"""Can my model change engines? The parts of the joint, and then BPR's product on another engine."""

import numpy as np

from .clauses import (
    require_front_door,
    require_matmul,
    require_matmul_by_rows,
    require_registry,
    require_switch,
    require_test,
    require_threads,
)
from .engines import RIGHT, WRONG

OPS = ("matmul",)

MEANINGS = {
    "product_is_the_sum_over_the_inner_index": "Your product is not the sum over the inner index: "
    "follow one number of a small product with a pencil.",
    "large_products_are_fresh_and_exact": "In larger products your sums lose digits, your arguments "
    "are changed, or two answers share their memory.",
    "empty_products_are_zeros": "A product without rows, without columns or with nothing to sum over "
    "should be zeros of the right shape.",
    "bad_arguments_of_matmul_are_rejected": "Arguments of matmul that cannot be right get through "
    "without an error.",
}
"""Faults of the op in the lesson's words, by the clause of its contract."""


def my_registry_loads_late(remote, rng: np.random.Generator) -> None:
    """Engines are loaded at their first use, and whoever asks in vain is told why."""
    require_registry(remote, rng)


def my_switch_switches_back(remote, rng: np.random.Generator) -> None:
    """Blocks in blocks, errors in blocks, and several threads at once."""
    require_switch(remote, rng)
    require_threads(remote, rng)


def my_front_door_is_shut(remote, rng: np.random.Generator) -> None:
    """Arrays that no engine should get are refused by name, and all others come in."""
    require_front_door(remote, rng)


def my_products_agree(remote, rng: np.random.Generator) -> None:
    """The two engines compute the same product, in different orders."""
    require_matmul(remote, rng)
    require_matmul_by_rows(remote, rng)


def my_test_catches_wrong_engines(remote, rng: np.random.Generator) -> str:
    """agree() refuses engines that nobody has shown it, and accepts those that are right."""
    require_test(remote, rng)
    return (
        f"your test catches all {len(WRONG)} wrong engines and accepts all {len(RIGHT)} right ones"
    )
