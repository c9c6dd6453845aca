"""Helpers that assert explain what failed, as tests do; a choice of backend ends with its test."""

import os
from collections.abc import Iterator

import pytest

from recsys_backends import registry
from recsys_backends.registry import ENVIRONMENT_VARIABLE

pytest.register_assert_rewrite("tests.recsys_edu.saved_models", "tests.tito.race_command")


@pytest.fixture(autouse=True)
def _no_backend_for_the_next_test() -> Iterator[None]:
    """Undo what ``set_backend`` chooses for this process and tells workers, which others start."""
    before = os.environ.get(ENVIRONMENT_VARIABLE), registry._process_wide
    yield
    registry._process_wide = before[1]
    if before[0] is None:
        os.environ.pop(ENVIRONMENT_VARIABLE, None)
    else:
        os.environ[ENVIRONMENT_VARIABLE] = before[0]
