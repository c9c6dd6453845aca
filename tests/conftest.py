"""Helpers that assert explain what failed, as tests do; a choice of backend ends with its test."""

import os
from collections.abc import Iterator

import pytest

from recsys_backends.registry import ENVIRONMENT_VARIABLE

pytest.register_assert_rewrite("tests.recsys_edu.saved_models", "tests.tito.race_command")


@pytest.fixture(autouse=True)
def _no_backend_for_workers() -> Iterator[None]:
    """Undo what ``set_backend`` tells worker processes, which other tests start."""
    before = os.environ.get(ENVIRONMENT_VARIABLE)
    yield
    if before is None:
        os.environ.pop(ENVIRONMENT_VARIABLE, None)
    else:
        os.environ[ENVIRONMENT_VARIABLE] = before
