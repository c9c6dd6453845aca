"""First cell of a released notebook: on Google Colab it installs the course, elsewhere nothing."""

from __future__ import annotations

from typing import Any, Final

import nbformat

from recsys_edu._version import __version__

REQUIREMENT: Final = f"recsys_edu[colab]=={__version__}"
"""Requirement that the cell installs: the one place that says from where learners get the course.

A class with a wheel of its own writes its address here: ``recsys_edu[colab] @ https://…``.
"""
_SOURCE: Final = f"""\
# On Google Colab, run this cell first: it installs the course and opens your workspace on your
# Google Drive. Everywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install --quiet "{REQUIREMENT}"
    from tito.workspace.colab import open_workspace

    open_workspace()
"""


def with_colab_cell(notebook: Any) -> Any:
    """Return a released notebook with the cell before all others."""
    cell = nbformat.v4.new_code_cell(_SOURCE.rstrip("\n"), id="colab")  # type: ignore[no-untyped-call]
    return nbformat.from_dict(  # type: ignore[no-untyped-call]
        {**notebook, "cells": [cell, *notebook["cells"]]}
    )
