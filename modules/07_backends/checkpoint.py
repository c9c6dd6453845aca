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

OPS = ("matmul",)


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


def my_test_catches_wrong_engines(remote, rng: np.random.Generator) -> None:
    """agree() refuses engines that nobody has shown it, and accepts those that are right."""
    require_test(remote, rng)
