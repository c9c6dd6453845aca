"""Helpers that assert explain what failed, as tests do."""

import pytest

pytest.register_assert_rewrite("tests.recsys_edu.saved_models", "tests.tito.race_command")
