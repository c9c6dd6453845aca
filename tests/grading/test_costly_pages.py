"""Pages of notebooks that are made to be costly: what one of them may take is bounded."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

pytest.importorskip("nbgrader")

from bleach._vendor.html5lib.treebuilders.base import TreeBuilder

from tito.grading.pages import sanitize
from tito.grading.pages.amounts import CUT, MAX_ALL_OUTPUTS, MAX_OUTPUT, MAX_SOURCE
from tito.grading.pages.code import CodeFilter, output_html
from tito.grading.pages.exporter import PageExporter
from tito.grading.pages.safe_notebook import safe_notebook
from tito.grading.pages.sanitize import safe_attachments, safe_markdown

MOST_ELEMENTS = 150_000
MOST_CHARACTERS = 10_000_000
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(300_000)).decode()
BLANK = " \n"
ENDING_FOREVER = {
    "blank lines": "x\n" + BLANK * 50_000 + "x\n",
    "names": "a;" * 100_000,
    "members": "a." * 100_000,
    "brackets": "(" * 200_000,
    "quotes": "'\\N{" * 50_000,
    "entities": "&" * 200_000,
}


class _Counter(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.n_elements = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.n_elements += 1


def page_of(cells: list[dict[str, Any]]) -> tuple[str, int]:
    """The page of a notebook, and the number of its elements."""
    html, _ = PageExporter(sealed=True).from_notebook_node(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    )
    counter = _Counter()
    counter.feed(html)
    return html, counter.n_elements


def code_cell(source: str = "1", outputs: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}}


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(**data: str) -> dict[str, Any]:
    named = {{"text": "text/plain", "png": "image/png"}[key]: text for key, text in data.items()}
    return {"output_type": "display_data", "data": named, "metadata": {}}


def failed(lines: list[str]) -> dict[str, Any]:
    return {"output_type": "error", "ename": "E", "evalue": "x" * 10**6, "traceback": lines}


COSTLY_OUTPUTS: dict[str, Callable[[], tuple[dict[str, Any], ...]]] = {
    "colours": lambda: (stream("\x1b[31ma\x1b[32m" * 200_000),),
    "colours of a value": lambda: (shown(text="\x1b[31ma" * 200_000),),
    "many outputs": lambda: tuple(shown(text="a") for _ in range(20_000)),
    "a long text": lambda: (stream("&" * 2_000_000),),
    "long texts": lambda: tuple(stream("<" * 100_000) for _ in range(40)),
    "lines of an error": lambda: (failed(["\x1b[31m&"] * 300_000),),
    "pictures": lambda: tuple(shown(png=PICTURE) for _ in range(100)),
}


@pytest.mark.parametrize("text", ENDING_FOREVER.values(), ids=ENDING_FOREVER)
def test_a_page_of_costly_code_is_bounded(text: str) -> None:
    html, n_elements = page_of([code_cell(text) for _ in range(8)])
    assert n_elements < MOST_ELEMENTS
    assert len(html) < MOST_CHARACTERS


@pytest.mark.parametrize("outputs", COSTLY_OUTPUTS.values(), ids=COSTLY_OUTPUTS)
def test_a_page_of_costly_outputs_is_bounded(
    outputs: Callable[[], tuple[dict[str, Any], ...]],
) -> None:
    html, n_elements = page_of([code_cell(outputs=outputs()) for _ in range(4)])
    assert n_elements < MOST_ELEMENTS
    assert len(html) < 3 * MOST_CHARACTERS
    assert "Cut here" in html


@pytest.mark.parametrize("language", ["ipython3", "python", "ruby", "html", "mermaid"])
def test_no_lexer_is_started_for_a_block_of_code_in_words(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> str:
        raise AssertionError("a lexer was started")

    monkeypatch.setattr("nbconvert.filters.markdown_mistune.highlight", started)
    text = f"```{language}\nx\n{BLANK * 4_000}x\n```\n"
    assert "x" in safe_markdown(text)
    html, _ = page_of([{"cell_type": "markdown", "source": text, "metadata": {}}])
    assert "<pre>" in html


def test_a_picture_is_embedded_twice_at_most() -> None:
    attachments = safe_attachments({"a": {"image/png": PICTURE}})
    twice = "![](attachment:a)\n" * 2
    assert safe_markdown(twice, attachments) == twice
    often = safe_markdown("![](attachment:a)\n" * 500, attachments)
    cell = {
        "cell_type": "markdown", "source": often, "metadata": {}, "attachments": attachments,
    }  # fmt: skip
    html, _ = page_of([cell])
    assert html.count(PICTURE[:100]) <= 2


def test_usual_code_and_outputs_keep_their_colours() -> None:
    html = CodeFilter()("def f(x):\n    return x + 1\n")
    assert '<span class="k">def</span>' in html
    assert "ansi-red-fg" in output_html("\x1b[31mred\x1b[0m")


def test_what_is_cut_is_said() -> None:
    outputs = tuple(stream("a" * MAX_OUTPUT) for _ in range(2 * MAX_ALL_OUTPUTS // MAX_OUTPUT))
    safe = safe_notebook({"cells": [code_cell("a" * (MAX_SOURCE + 1), outputs)]})
    (cell,) = safe.cells
    assert cell.source.endswith(CUT)
    assert CUT in cell.outputs[-1].text
    whole = safe_notebook({"cells": [code_cell("a" * MAX_SOURCE, outputs[:2])]})
    assert CUT not in str(whole)


NAMES = ["".join(pair) for pair in itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=2)]
REOPENED = {
    "paragraphs": "<p>" + "".join(f"<b {name}>" for name in NAMES[:200]) + "<p>x" * 1000,
    "titles": "<p>" + "".join(f"<i title={name}>" for name in NAMES[:200]) + "<p>x" * 1000,
    "items": "<ul><li>" + "".join(f"<u {name}>" for name in NAMES[:200]) + "<li>x" * 1000,
    "closed": "<p>" + "".join(f"<s {name}>" for name in NAMES[:200]) + "<p>x</p>" * 700,
}


@pytest.mark.parametrize("text", REOPENED.values(), ids=REOPENED)
def test_no_element_is_opened_anew(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    insert = TreeBuilder.insertElementNormal

    def counted(self: Any, token: Any) -> Any:
        made.append(token)
        assert len(made) < 20_000  # each of 200 elements in each of 500 others: 100,000
        return insert(self, token)

    monkeypatch.setattr(TreeBuilder, "insertElementNormal", counted)
    shown = safe_markdown(text)
    assert shown != text
    assert len(made) < 20_000
    assert shown.startswith("<\N{ZERO WIDTH SPACE}")  # refused for its tags, and no worse


def test_tags_in_their_order_stay() -> None:
    text = "<div><b>one <i>two</i></b><p>x</p></div>\n\n<ul><li><u>x</u></li><li>y</li></ul>"
    assert safe_markdown(text) == text


def test_pictures_are_not_read_again_with_each_try(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    clean = sanitize.clean_once

    def measured(html: str, *rest: Any) -> str:
        lengths.append(len(html))
        return clean(html, *rest)

    monkeypatch.setattr(sanitize, "clean_once", measured)
    pictures = safe_attachments({"p.png": {"image/png": PICTURE}})
    text = "![a](attachment:p.png) ![b](attachment:p.png)"
    assert safe_markdown(text, pictures) == text
    assert safe_markdown(f"{text} <script>", pictures) != text
    assert max(lengths) < 1000


def test_an_attachment_that_is_no_base64_is_not_shown() -> None:
    broken = {"p.png": {"image/png": '" onerror="EVIL()'}}
    text = "![a](attachment:p.png)"
    assert safe_markdown(text, broken) != text
