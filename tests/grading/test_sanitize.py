"""Answers as they are shown: honest ones untouched, and nothing in any other does anything."""

from __future__ import annotations

import base64
import re

import pytest
from bs4 import BeautifulSoup
from bs4.element import PreformattedString, Tag
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.grading.answers import HONEST, HOSTILE, PICTURE, UNREADABLE
from tito.grading.pages.sanitize import (
    MAX_LENGTH,
    UNSHOWABLE,
    safe_attachments,
    safe_markdown,
)

BREAK = "\N{ZERO WIDTH SPACE}"
ATTACHMENTS = {"plot.png": {"image/png": PICTURE}}
PNG = base64.b64decode(PICTURE)


SHOWN = frozenset({
    "a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "span", "strong", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
ATTRIBUTES = re.compile(
    r"(alt|title)=.*|href=(#|https?://).*|src=data:image/png;base64,[\w+/=]+|start=\d+"
    r"|class=(anchor-link|highlight|language-.*|[a-z][a-z0-9]?)|style=text-align:(left|right|center)"
    r"|id=(.*[^a-z_].*)",
    re.DOTALL,
)
EXPORTER = HTMLExporter(template_name="basic")


def shown(text: str) -> Tag:
    """What nbconvert makes of an answer."""
    cell = new_markdown_cell(text, attachments=ATTACHMENTS)
    html, _ = EXPORTER.from_notebook_node(new_notebook(cells=[cell]))
    found = BeautifulSoup(html, "html.parser").select_one(".rendered_html")
    assert found is not None
    return found


def harm(answer: Tag) -> list[object]:
    """What is in a page that could do something, or pass for a part of the page itself."""
    tags = answer.find_all(True)
    return [
        *(tag.name for tag in tags if tag.name not in SHOWN),
        *(text for text in answer.find_all(string=True) if isinstance(text, PreformattedString)),
        *(text for text in answer.find_all(string=re.compile(r"\\(href|def)"))),
        *(
            (name, value)
            for tag in tags
            for name, value in tag.attrs.items()
            if not ATTRIBUTES.fullmatch(f"{name}={' '.join(value) if name == 'class' else value}")
        ),
    ]


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_answer_stays_as_it_is(text: str) -> None:
    assert safe_markdown(text, ATTACHMENTS) == text


@pytest.mark.parametrize("text", [*HOSTILE, *UNREADABLE])
def test_a_hostile_answer_shows_and_does_nothing(text: str) -> None:
    safe = safe_markdown(text, ATTACHMENTS)
    assert harm(shown(safe)) == []
    assert safe.replace(BREAK, "").strip("`\n ") == text.strip("`\n "), "not a letter is lost"
    assert safe_markdown(safe, ATTACHMENTS) == safe


def test_what_is_harmless_beside_something_hostile_still_looks_right() -> None:
    text = "**bold** <b>b</b> `x < y` $a < b$ <script>x</script>\n\n| a |\n|---|\n| 1 |"
    html = shown(safe_markdown(text))
    for part in ("<strong>bold</strong>", "<b>b</b>", "<code>x &lt;", "<table>", "$a &lt; b$"):
        assert part in str(html).replace(BREAK, "")
    assert harm(html) == []


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"<>/!\"'`$\\[]():#&;=* \n-|_~", *HOSTILE, "a", "http://x"])))
def test_whatever_is_put_together_does_nothing(parts: list[str]) -> None:
    safe = safe_markdown("".join(parts))
    assert harm(shown(safe)) == []
    assert safe_markdown(safe) == safe


def test_a_missing_attachment_does_not_keep_the_page_from_being_shown() -> None:
    lost = "![x](attachment:lost.png)"
    assert "attachment:lost.png" in shown(safe_markdown(lost, ATTACHMENTS)).text


@pytest.mark.parametrize(
    "text", ["[" * 9_000, "> " * 4_000, "\\begin{a}" * 1_000, "\ud800", "\0\x1b["]
)
def test_what_would_stop_the_renderer_or_the_writer_is_shown_somehow(text: str) -> None:
    safe = safe_markdown(text)
    shown(safe)
    safe.encode("utf-8")
    assert safe != UNSHOWABLE
    assert "\0" not in safe


def test_what_is_too_long_is_cut_and_says_so() -> None:
    safe = safe_markdown("x" * (MAX_LENGTH + 1234))
    assert safe == "x" * MAX_LENGTH + "\n\n[1,234 more characters are not shown]"


def test_pictures_are_kept_and_nothing_else() -> None:
    jpeg = base64.b64encode(b"\xff\xd8\xff\xe0 and so on").decode()
    found = safe_attachments(
        {
            "plot.png": {"image/png": PICTURE, "text/html": "<script>"},
            "photo.jpg": {"image/jpeg": [jpeg[:8] + "\n", jpeg[8:]]},
            "drawing.svg": {"image/svg+xml": "<svg onload='x'/>"},
            "lie.png": {"image/png": base64.b64encode(b"<script>").decode()},
            "other.png": {"image/png": jpeg},
            "broken.png": {"image/png": PICTURE[:-3] + "\"'>"},
            "number.png": {"image/png": 3},
            "large.png": {"image/png": base64.b64encode(PNG + bytes(9 << 20)).decode()},
            "line\nbreak.png": {"image/png": PICTURE},
            "list": [],
        }
    )
    assert found == {"plot.png": {"image/png": PICTURE}, "photo.jpg": {"image/jpeg": jpeg}}
    assert safe_attachments(found) == found


@pytest.mark.parametrize("attachments", [None, [], "x", 3, {3: {"image/png": PICTURE}}])
def test_what_is_no_attachment_is_none(attachments: object) -> None:
    assert safe_attachments(attachments) == {}
