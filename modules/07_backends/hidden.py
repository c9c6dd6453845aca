"""What each graded cell of lesson 07 is judged by, on inputs that nobody has seen."""

import numpy as np

from tito.judging.figures import hold_op

from .checkpoint import MEANINGS
from .clauses import (
    require_front_door,
    require_matmul,
    require_matmul_by_rows,
    require_part_of_test,
    require_registry,
    require_switch,
    require_test,
    require_threads,
)


def test_registry(remote, rng: np.random.Generator) -> None:
    """Several engines that are registered, loaded, refused and replaced in turns."""
    for _ in range(4):
        require_registry(remote, rng)


def test_switch(remote, rng: np.random.Generator) -> None:
    """Blocks in any order, errors in them, engines that are replaced or missing, and threads."""
    for _ in range(6):
        require_switch(remote, rng)
    for _ in range(3):
        require_threads(remote, rng)


def test_check_array(remote, rng: np.random.Generator) -> None:
    """Good arrays come in, bad ones are refused by name, and none is changed."""
    for _ in range(2):
        require_front_door(remote, rng)


def test_matmul(remote, rng: np.random.Generator) -> None:
    """The contract of matmul, and sums in which large terms cancel."""
    hold_op(remote, "matmul", rng, MEANINGS)
    require_matmul(remote, rng)


def test_matmul_by_rows(remote, rng: np.random.Generator) -> None:
    """The same product, in blocks that do and do not fit."""
    for _ in range(3):
        require_matmul_by_rows(remote, rng)


def test_agree(remote, rng: np.random.Generator) -> None:
    """It refuses engines whose numbers are wrong, and accepts those that are right."""
    require_test(remote, rng, "numbers")


def test_agree__form(remote, rng: np.random.Generator) -> None:
    """It notices an answer of another dtype, and engines that break at empty matrices."""
    require_part_of_test(remote, rng, "form")


def test_agree__values(remote, rng: np.random.Generator) -> None:
    """It notices what becomes of nan, of very large and of very small numbers."""
    require_part_of_test(remote, rng, "values")


def test_agree__effects(remote, rng: np.random.Generator) -> None:
    """It notices changed arguments, and engines that are right at their first calls only."""
    require_part_of_test(remote, rng, "effects")
