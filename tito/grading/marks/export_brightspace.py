"""Marks for Brightspace: the table that its "Export Grades" writes, filled in."""

from __future__ import annotations

import re
from typing import Final

from tito.grading.course import GradingError
from tito.grading.marks.gradebook_table import Filled, GradebookForm, fill
from tito.grading.marks.marks import Marks
from tito.grading.marks.matching import FULL_NAME, by_lms, emails, ids, names
from tito.grading.marks.tables import Table

_END: Final = "End-of-Line Indicator"
BRIGHTSPACE: Final = GradebookForm(
    lms="Brightspace",
    required=("Username", _END),
    kept=("OrgDefinedId", "Username", "Last Name", "First Name", "Email"),
    ids=(
        *(("Username", ids), ("OrgDefinedId", ids), ("OrgDefinedId", by_lms("roster"))),
        *(("Email", emails), (FULL_NAME, names)),
    ),
    shown="Username",
    texts=("Last Name", "First Name"),
    title=re.compile(
        r"(?P<name>.*?)\s+Points Grade\s*(?:<[^>]*?MaxPoints:\s*(?P<points>[\d.,]+)[^>]*>)?"
    ),
    last=_END,
)


def brightspace_csv(marks: Marks, template: Table | None, *, partial: bool) -> Filled:
    """Write the table that Brightspace takes under "Import Grades".

    Args:
        marks: marks of some lessons.
        template: the table that Brightspace exported, with "Points grade" chosen, and user details.
        partial: also write marks that are not final.

    Raises:
        GradingError: there is no template, it is not Brightspace's, it has no column for a lesson,
            or its points are not the lesson's.
    """
    if template is None:
        raise GradingError(
            "Brightspace finds students and columns by names of its own: export the grades there, "
            "and name the file by --template."
        )
    return fill(BRIGHTSPACE, marks, template, partial=partial)
