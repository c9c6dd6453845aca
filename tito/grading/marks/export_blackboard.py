"""Marks for Blackboard: the gradebook that "Download Grades" writes, filled in."""

from __future__ import annotations

import re
from typing import Final

from tito.grading.course import GradingError
from tito.grading.marks.gradebook_table import Filled, GradebookForm, fill
from tito.grading.marks.marks import Marks
from tito.grading.marks.matching import FULL_NAME, by_lms, emails, ids, names
from tito.grading.marks.tables import Table

BLACKBOARD: Final = GradebookForm(
    lms="Blackboard",
    required=("Username", "Availability"),
    kept=("Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability"),
    ids=(
        *(("Username", by_lms("blackboard")), ("Username", ids), ("Student ID", ids)),
        ("Student ID", by_lms("roster")),
        *(("Username", emails), (FULL_NAME, names)),
    ),
    shown="Username",
    texts=("Last Name", "First Name"),
    title=re.compile(
        r"(?P<name>.*?)\s*\[Total Pts:\s*(?:up to\s*)?(?P<points>[\d.,]+)[^\]]*\]\s*\|\s*\d+"
    ),
)
"""Entries such as "Needs Grading" are replaced; "Exempt" stays."""


def blackboard_csv(marks: Marks, template: Table | None, *, partial: bool) -> Filled:
    """Write the table that Blackboard takes under "Upload Grades".

    Args:
        marks: marks of some lessons.
        template: the table that Blackboard exported: only it has the numbers of its columns.
        partial: also write marks that are not final.

    Raises:
        GradingError: there is no template, it is not Blackboard's, it has no column for a lesson,
            or its points are not the lesson's.
    """
    if template is None:
        raise GradingError(
            "Blackboard finds a lesson's column by a number of its own: download the gradebook "
            "there, and name it by --template."
        )
    return fill(BLACKBOARD, marks, template, partial=partial)
