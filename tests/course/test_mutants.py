"""Wrong solutions are caught by the hidden clause of their cell or else by its visible test.

The clause says so in the lesson's words, as the checkpoint does.
"""

from __future__ import annotations

import pytest

from tests.course.words import CODE_TALK, in_the_lessons_words
from tito.authoring.mutants import Mutant, hidden_verdicts, mutants_of, visible_message
from tito.course.lessons import all_lessons

pytest.importorskip("jupytext")
MUTANTS = [mutant for lesson in all_lessons() for mutant in mutants_of(lesson)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant", MUTANTS, ids=lambda mutant: f"{mutant.lesson.id}-{mutant.grade_id}-{mutant.name}"
)
def test_a_wrong_solution_is_caught(mutant: Mutant) -> None:
    cells = mutant.cells()
    verdicts = hidden_verdicts(mutant.lesson, cells, 7, mutant.grade_id)
    hidden = " ".join(verdict.message for verdict in verdicts)
    said = hidden.strip() or visible_message(cells, mutant.grade_id)
    assert said, "neither the hidden clause nor the visible test notices"
    assert "the answer cannot be used" not in said, "the clause itself stumbled over the answer"
    for verdict in verdicts:
        assert not CODE_TALK.search(in_the_lessons_words(verdict.message)), verdict.message
