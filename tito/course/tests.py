"""Visible tests of a lesson, as they were released, in the learner's notebook."""

from __future__ import annotations

from typing import Any


def with_released_tests(content: dict[str, Any], release: dict[str, Any]) -> dict[str, Any]:
    """Return the learner's notebook with its test cells as released.

    Edited tests are restored, copies left out, and missing ones put at the end.
    """
    tests = {_grade_id(cell): cell for cell in release["cells"] if _is_test(cell)}
    cells, seen = [], set()
    for cell in content["cells"]:
        name = _grade_id(cell)
        if name not in tests:
            cells.append(cell)
        elif name not in seen:
            cells.append({**cell, "cell_type": "code", "source": tests[name]["source"]})
            seen.add(name)
    cells += [test for name, test in tests.items() if name not in seen]
    return {**content, "cells": cells}


def _is_test(cell: dict[str, Any]) -> bool:
    metadata = _nbgrader(cell)
    return cell["cell_type"] == "code" and bool(metadata.get("grade") and metadata.get("locked"))


def _grade_id(cell: dict[str, Any]) -> str:
    return str(_nbgrader(cell).get("grade_id", ""))


def _nbgrader(cell: dict[str, Any]) -> dict[str, Any]:
    found = cell.get("metadata", {}).get("nbgrader")
    return found if isinstance(found, dict) else {}
