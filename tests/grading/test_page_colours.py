"""Colours of pages: text can be read on every ground that a page has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pygments.styles import get_style_by_name

from tests.grading.contrast import AA, contrast
from tito.grading.pages.render import CODE_STYLE, FOLDER

SHEETS = sorted(FOLDER.glob("*.css"))
COLOUR = re.compile(r"(?<![-\w])(color|background|fill): (#[0-9a-f]{6})")
GROUNDS = ("#ffffff", "#f6f8fa", "#eef1f4", "#fdeef0", "#e3eefa", "#fff4d6")
"""Grounds of text; the test below holds that the sheets have no others."""


def test_the_formula_gives_the_figures_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1.0


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_text_can_be_read_on_every_ground(sheet: Path) -> None:
    for rule in re.findall(r"\{([^{}]*)\}", sheet.read_text(encoding="utf-8")):
        found = dict(COLOUR.findall(rule))
        ground = found.get("background")
        if "color" not in found:
            assert ground is None or ground in GROUNDS, rule
            continue
        for each in [ground] if ground else GROUNDS:
            assert contrast(found["color"], each) >= AA, (rule, each)


def test_code_can_be_read() -> None:
    for kind, style in get_style_by_name(CODE_STYLE):
        if style["color"]:
            for ground in ("#f6f8fa", "#ffffff"):
                assert contrast(f"#{style['color']}", ground) >= AA, kind
