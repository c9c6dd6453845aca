"""The notebook that graders and students see: the rebuilt one, with outputs and verdicts."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.shown import is_unused
from tito.grading.pages.sanitize import literal_line
from tito.jail.cells import CellOutcome

_LEFT_OUT: Final = CellOutcome(
    (), "", None, "Not run for grading: it takes long, and no points depend on it."
)
_UNUSED: Final = CellOutcome(
    (), "", None, "Not run for grading: it was added by you, and nothing that is graded uses it."
)
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def presented_notebook(
    notebook: dict[str, Any],
    outcomes: Mapping[int, CellOutcome],
    marks: Sequence[CellMark],
    remarks: Sequence[str],
) -> dict[str, Any]:
    """Add the outputs and the marks of its cells to a rebuilt notebook.

    nbgrader gives a graded cell no points if it shows an error, and all points if it does not. The
    outputs of visible tests therefore become text, so that only a verdict can be an error.

    Args:
        notebook: the rebuilt submission.
        outcomes: outcomes of the code cells by their places in it, from 0; experiments may be
            missing.
        marks: marks of the graded cells.
        remarks: sentences for a cell on top; without any, there is no such cell.
    """
    presented = copy.deepcopy(notebook)
    by_id = {mark.grade_id: mark for mark in marks}
    for number, cell in enumerate(presented["cells"]):
        if cell["cell_type"] != "code":
            continue
        outcome = outcomes.get(number, _UNUSED if is_unused(cell) else _LEFT_OUT)
        cell["outputs"] = list(outcome.outputs) if outcome.ran else [_text(outcome.why)]
        cell["execution_count"] = outcome.execution_count
        mark = by_id.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
        if mark is not None:
            cell["outputs"] = [*_harmless(cell["outputs"]), *_verdict(mark)]
    if remarks:
        presented["cells"].insert(0, _notes(remarks))
    return presented


def _harmless(outputs: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Turn outputs into forms to which nbgrader gives no meaning."""
    for output in outputs:
        if output["output_type"] == "error":
            yield _text(_ANSI.sub("", "\n".join(output["traceback"])))
        elif output["output_type"] == "stream":
            yield {**output, "name": "stdout"}
        else:
            yield {"output_type": "display_data", "data": output["data"], "metadata": {}}


def _verdict(mark: CellMark) -> Iterator[dict[str, Any]]:
    if mark.passed:
        sentence = f"✓ Tests: {mark.points:g} of {mark.points:g} points. {mark.criterion}"
        yield _text(f"{sentence} {mark.message}")
        return
    sentence = (
        f"Tests: {mark.earned:g} of {mark.points:g} points: {mark.message} Required: "
        f"{mark.criterion} (Points that a person gave stand above, and count instead.)"
    )
    if mark.earned > 0:
        yield _text(f"{sentence} Points by tests:")
        yield _partial_credit(mark.earned)
        return
    yield {
        "output_type": "error",
        "ename": "NotYet",
        "evalue": sentence,
        "traceback": [sentence],
    }


def _partial_credit(points: float) -> dict[str, Any]:
    """Return the form of output in which nbgrader looks for a part of the points."""
    data = {"text/plain": repr(points)}
    return {"output_type": "execute_result", "execution_count": None, "data": data, "metadata": {}}


def _text(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": f"{text.rstrip()}\n"}


def _notes(remarks: Sequence[str]) -> dict[str, Any]:
    lines = "".join(f"- {literal_line(remark)}\n" for remark in remarks)
    return {
        "cell_type": "markdown",
        "id": "notes-of-the-grader",
        "metadata": {},
        "source": f"**Notes of the grader**\n\n{lines}",
    }
