"""What tests of the library share: a profile for property tests, and a fast backend to ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from recsys_backends import use_backend

# No deadline: how long an example takes says nothing about the library.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def optimized_backend() -> Iterator[None]:
    with use_backend("optimized"):
        yield
