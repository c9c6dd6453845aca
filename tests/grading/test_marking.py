"""Students are told why a cell failed, for every way in which it can fail."""

from __future__ import annotations

from tito.grading.autograding.marking import MESSAGES
from tito.judging.failures import Failure


def test_every_failure_has_a_message_of_its_own() -> None:
    assert set(MESSAGES) == {None, *Failure}
    assert len(set(MESSAGES.values())) == len(MESSAGES)
    assert all(message.endswith(".") for message in MESSAGES.values())
