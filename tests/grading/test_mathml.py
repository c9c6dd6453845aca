"""Formulas: all of the lessons' are understood, and what is not is refused."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.course.lessons import Lesson, all_lessons
from tito.grading.pages.exporter import PageExporter, _formula
from tito.grading.pages.mathml import MAX_LENGTH, MathError, mathml


def formulas(lesson: Lesson) -> list[str]:
    cells = json.loads(lesson.release.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return re.findall(r"\$\$.+?\$\$|\$[^$]+?\$", text, re.DOTALL)


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: str(lesson.id))
def test_every_formula_of_the_lessons_is_understood(lesson: Lesson) -> None:
    for formula in formulas(lesson):
        ElementTree.fromstring(mathml(formula.strip("$")))


def inner(tex: str, *, display: bool = False) -> str:
    return re.sub(r"^<math[^>]*>|</math>$", "", mathml(tex, display=display))


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("x^10", "<mrow><msup><mi>x</mi><mn>1</mn></msup><mn>0</mn></mrow>"),
        ("x_i^{2}", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        ("x'", "<msup><mi>x</mi><mo>′</mo></msup>"),
        (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        (r"\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"),
        ("a < b", "<mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow>"),
        (r"\text{if  <b>} x", "<mrow><mtext>if\xa0&lt;b&gt;</mtext><mi>x</mi></mrow>"),
        (r"\mathbf{x}", "<mi>𝐱</mi>"),
        (r"\mathbb{R}", "<mi>ℝ</mi>"),
        ("x % a comment", "<mi>x</mi>"),
        ("", "<mrow></mrow>"),
    ],
)
def test_what_formulas_become(tex: str, expected: str) -> None:
    assert inner(tex) == expected


def test_limits_stand_below_where_there_is_room() -> None:
    assert inner(r"\sum_i").startswith("<msub>")
    assert inner(r"\sum_i", display=True).startswith("<munder>")


def test_lines_are_aligned() -> None:
    found = ElementTree.fromstring(mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}"))
    assert [len(row) for row in found.iter("mtr")] == [2, 2]


@pytest.mark.parametrize(
    "tex",
    [r"\href{javascript:x}{y}", "{", "}", r"\left(", r"\frac{1}", "x &", r"\begin{x}\end{x}",
     r"\begin{matrix}", r"\begin{matrix}\end{cases}", "{" * 100 + "}" * 100, "x" * (MAX_LENGTH + 1),
     r"\text{", "#", "$", r"\class{a}{b}", r"\nosuch"],
)  # fmt: skip
def test_what_is_not_known_is_refused(tex: str) -> None:
    with pytest.raises(MathError):
        mathml(tex)


@given(
    st.lists(
        st.sampled_from(
            [*"{}^_&'<>\"$#%~ x1(+", r"\frac", r"\left(", r"\right)", r"\text{", r"\sum", r"\\",
             r"\begin{matrix}", r"\end{matrix}", r"\underbrace", r"\mathbf", r"\bigl", r"\sqrt["]
        )
    )
)  # fmt: skip
def test_whatever_is_typed_is_sound_or_refused(parts: list[str]) -> None:
    try:
        found = mathml("".join(parts))
    except MathError:
        return
    allowed = {"display", "stretchy", "fence", "accent", "width", "class", "linethickness"}
    for element in ElementTree.fromstring(found).iter():
        assert element.tag.startswith("m")
        assert set(element.attrib) <= allowed


def test_pages_show_formulas_that_are_not_understood_as_they_were_typed() -> None:
    import nbformat.v4 as v4

    source = r"$x^2$, $\nosuch{<b>}$ and \begin{align} a &= b \end{align}"
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(source)])
    html, _ = PageExporter(template_name="basic").from_notebook_node(notebook)
    assert "<msup>" in html
    assert r"<code>$\nosuch{&lt;b&gt;}$</code>" in html
    assert html.count("<mtd>") == 2


@pytest.mark.parametrize(
    "piece",
    [r"\frac", r"\sqrt", r"\frac{1}", "{", "^", r"\mathbf", r"\overset", r"\left(", r"\hat"],
)
def test_depth_has_an_end_however_it_is_reached(piece: str) -> None:
    """In a page, the parser has few of Python's frames left."""
    with pytest.raises(MathError):
        mathml(piece * 790 + "x")
    assert "<code>" in _formula(piece * 790 + "x", "source", display=True)
