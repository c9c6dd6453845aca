"""Pages of a notebook with hostile text in every field: it is shown, and does nothing else."""

from __future__ import annotations

import base64
import copy
import json
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.grading.graded import graded_course, mark
from tests.grading.pair import cell_of, solved
from tito.course.lessons import Lesson
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.outcome import Outcome, outcome_store
from tito.grading.autograding.present import presented_notebook
from tito.grading.autograding.rebuild import rebuild
from tito.grading.autograding.replay import replay
from tito.grading.autograding.shown import shown_notebook
from tito.grading.course import GradingCourse
from tito.grading.gradebook import open_gradebook
from tito.grading.pages.exporter import PageExporter
from tito.grading.pages.feedback import make_feedback
from tito.grading.pages.form_grader import FormGraderExporter
from tito.grading.pages.kept_comments import keep_comment
from tito.grading.pages.safe_notebook import safe_notebook
from tito.grading.pages.sanitize import safe_markdown
from tito.jail.cells import CellOutcome

HOSTILE = [
    '<meta http-equiv="refresh" content="0; url=https://evil.example/EVIL">',
    '<button class="EVIL" style="position:fixed;inset:0" onclick="EVIL()">x</button>',
    '<img src="x" onerror="EVIL()">',
    "<script>EVIL()</script>",
    "</pre></div></body><form action=//evil.example/EVIL><input name=EVIL></form>",
    '"><svg onload="EVIL()">',
    "' onmouseover='EVIL()' x='",
    "[x](javascript:EVIL) ![x](https://evil.example/EVIL.png) <a href='//evil.example/EVIL'>x</a>",
    "# points EVIL\n\n<h1 id='EVIL'>x</h1>\n\n* [ ] EVIL",
    r"$\href{javascript:EVIL()}{x}$ $\class{EVIL}{x}$ $$\require{EVIL}\style{EVIL}{x}$$",
    "<style>body{background:url(//evil.example/EVIL)}</style><link rel=EVIL href=EVIL>",
    "\x1b[31m<b>EVIL</b>\x1b]8;;https://evil.example/EVIL\x1b\\x",
    "{{ EVIL }} {% EVIL %} ${EVIL}",
    "<iframe srcdoc='EVIL'></iframe><object data=EVIL></object><base href=//evil.example/EVIL>",
]
DANGEROUS = (
    "meta", "button", "form", "input", "textarea", "script", "style", "link", "iframe", "object",
    "embed", "base", "svg", "img", "video", "audio", "frame", "body", "html", "head",
)  # fmt: skip


def is_allowed(tag: str, name: str, value: str) -> bool:
    """Return True for an attribute in which an answer may have words of its own."""
    if name in ("alt", "title"):
        return True
    if tag == "a" and name == "href":  # followed by a click alone
        return value.startswith(("https://", "http://", "mailto:", "#"))
    return name == "id" and tag[0] == "h" and tag[1:].isdigit()


class Inventory(HTMLParser):
    """The elements of a page that could do something, and those that quote the hostile text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.evil: list[tuple[str, str, str]] = []
        self.shown = ""
        self._inside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DANGEROUS:
            self.elements[tag] += 1
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "action"):
                self.elements[f"{tag} {name}"] += 1
            if "evil" in (value or "").casefold() and not is_allowed(tag, name, value or ""):
                self.evil.append((tag, name, value or ""))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._inside[-1:] not in (["script"], ["style"]):
            self.shown += data
        elif "EVIL" in data:
            self.evil.append((self._inside[-1], "text", data))


def fields(content: dict[str, Any]) -> Iterator[tuple[dict[str, Any] | list[Any], Any]]:
    """Yield each place of a notebook that holds text: its container, and its key or index."""
    waiting: list[Any] = [content]
    while waiting:
        here = waiting.pop()
        items = here.items() if isinstance(here, dict) else enumerate(here)
        for key, value in items:
            if isinstance(value, (dict, list)):
                waiting.append(value)
            elif isinstance(value, str):
                yield here, key


def outputs(text: str) -> list[dict[str, Any]]:
    """Outputs of every type, and of one that there is not, with a text in every field."""
    data = {
        "text/plain": text, "text/html": text, "text/markdown": text, "text/latex": text,
        "image/svg+xml": text, "application/javascript": text, "application/json": {text: text},
        "image/jpeg": text, text: text,
    }  # fmt: skip
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
    shown = [{**data}, {**data, "image/png": text}, {**data, "image/png": picture + text}]
    return [
        {"output_type": "stream", "name": "stdout", "text": text},
        {"output_type": "stream", "name": "stderr", "text": [text, text]},
        {"output_type": "stream", "name": text, "text": text},
        {"output_type": "error", "ename": text, "evalue": text, "traceback": [text, text]},
        *(
            {"output_type": "display_data", "data": each, "metadata": {text: text}}
            for each in shown
        ),
        {"output_type": "execute_result", "execution_count": 1, "data": shown[0], "metadata": {}},
        {"output_type": text, "data": data, "text": text},
    ]


@pytest.fixture
def course(pair: Lesson, tmp_path: Path) -> GradingCourse:
    return graded_course(tmp_path / "grading", pair)


def submitted(lesson: Lesson, text: str) -> bytes:
    """A notebook with a text in its answers, and beside them."""
    content = solved(lesson)
    cell_of(content, "double")["source"] += f"\n# {text}\n'''{text}'''"
    cell_of(content, "why")["source"] = text
    cell_of(content, "why")["attachments"] = {text: {"image/png": text}, "x.png": {text: text}}
    for kind in ("markdown", "code", "raw"):
        source = f"{text}\n\n{kind}"
        cell: dict[str, Any] = {"cell_type": kind, "source": source, "metadata": {}}
        content["cells"].append({**cell, "attachments": {text: {"image/png": text}}})
    cell_of(content, "test_double")["source"] = text
    content["metadata"] = {"title": text, "kernelspec": {"name": text}, text: text}
    return json.dumps(content).encode()


def graded_by_text(course: GradingCourse, lesson: Lesson, text: str) -> dict[str, Any]:
    """The autograded notebook where everything that is not the grader's own is one text."""
    template = json.loads(lesson.release.read_text(encoding="utf-8"))
    rebuilt = rebuild(template, submitted(lesson, text))
    everything = shown_notebook(rebuilt)
    code = [n for n, c in enumerate(everything["cells"]) if c["cell_type"] == "code"]
    outcomes = {number: CellOutcome(tuple(outputs(text)[:5]), text, 1) for number in code}
    outcomes[code[-1]] = CellOutcome((), text, None, text)
    marks = [
        CellMark("test_double", 2.0, True, text, "", ""),
        CellMark("test_halve", 3.0, False, text, text, text, misconception=text),
    ]
    notebook = presented_notebook(everything, outcomes, marks, [text, text])
    remarks = (text, text)
    outcome = Outcome("eve", lesson.id, "graded", text, remarks, tuple(marks), notebook=notebook)
    submission = course.submission(lesson, "eve")
    submission.submitted.parent.mkdir(parents=True, exist_ok=True)
    submission.submitted.write_bytes(submitted(lesson, text))
    outcome_store(course, lesson).write("eve", "key", outcome, final=True)
    replay(submission, outcome, "key")
    with open_gradebook(course) as gradebook:
        student = gradebook.find_student("eve")
        student.first_name, student.last_name, student.email = text[:100], text[:100], text[:100]
        gradebook.db.commit()
    mark(course, lesson, "eve", comment=text, why=1.0)
    keep_comment(course, lesson.id, "why", text)
    return notebook


def form_grader(
    course: GradingCourse, lesson: Lesson, name: str
) -> tuple[PageExporter, dict[str, Any]]:
    """The exporter of the form grader, and what nbgrader's handler gives it."""
    resources = {
        "assignment_id": lesson.id, "notebook_id": lesson.id, "submission_id": "1", "index": 0,
        "total": 1, "base_url": "/", "student": "eve", "notebook_path": "x",
        "first_name": name, "last_name": name,
    }  # fmt: skip
    return FormGraderExporter(course), resources


def pages_of(course: GradingCourse, lesson: Lesson) -> dict[str, str]:
    """The feedback page, and the form grader's."""
    (page,) = make_feedback(course, lesson, partial=True)
    assert not page.problem
    submission = course.submission(lesson, "eve")
    with open_gradebook(course) as gradebook:
        exporter, resources = form_grader(course, lesson, gradebook.find_student("eve").first_name)
    html, _ = exporter.from_filename(str(submission.autograded), resources=resources)
    return {"feedback": submission.feedback.read_text(encoding="utf-8"), "form grader": str(html)}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_page_shows_hostile_text_in_every_field_and_does_nothing_else(
    text: str, course: GradingCourse, pair: Lesson, tmp_path: Path
) -> None:
    harmless = graded_course(tmp_path / "harmless", pair)
    graded_by_text(harmless, pair, "word")
    graded_by_text(course, pair, text)
    expected, found = pages_of(harmless, pair), pages_of(course, pair)
    for name, page in found.items():
        inventory, plain = Inventory(page), Inventory(expected[name])
        assert inventory.evil == [], name
        assert inventory.elements == plain.elements, name
        assert "EVIL" in inventory.shown, name


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_page_of_any_notebook_does_nothing(
    text: str, course: GradingCourse, pair: Lesson, tmp_path: Path
) -> None:
    """Of one that did not come through the grader: each text in it is hostile, metadata too."""

    def spoilt(word: str) -> dict[str, Any]:
        content = solved(pair)
        for cell in content["cells"]:
            cell["metadata"]["tags"] = [word]
            cell["metadata"][word] = {word: word}
            if cell["cell_type"] == "code":
                cell["outputs"] = outputs(word)
            else:
                cell["attachments"] = {word: {"image/png": word}}
        content["cells"] += [
            {
                "cell_type": "raw",
                "id": "r",
                "metadata": {"raw_mimetype": "text/html"},
                "source": "a",
            },
            {"cell_type": "heading", "id": "h", "metadata": {}, "source": "a"},
            {"cell_type": "raw", "id": "s", "metadata": {"format": "text/html"}, "source": "a"},
        ]
        content["metadata"] = {"title": "a", "language_info": {"pygments_lexer": "a", "name": "a"}}
        last = cell_of(content, "why")["metadata"]["nbgrader"]
        for here, key in list(fields(content)):
            is_kept = key in ("cell_type", "output_type") or (
                key == "grade_id" and here is not last
            )
            if not is_kept:
                here[key] = word
        return content

    exporter, resources = form_grader(course, pair, "word")
    pages = []
    for word in (text, "two words"):  # no grade_id either
        html, _ = exporter.from_notebook_node(spoilt(word), resources)
        pages.append(Inventory(html))
    assert pages[0].evil == []
    assert pages[0].elements == pages[1].elements
    assert "EVIL" in pages[0].shown


def test_remarks_are_shown_as_they_are(pair: Lesson) -> None:
    template = json.loads(pair.release.read_text(encoding="utf-8"))
    text = "Cell 'a' said <b>*x*</b>, `y`, $z$ & [w](v): it _counts_ as \\ 50 %."
    notebook = presented_notebook(template, {}, [], [text])
    page = Inventory(PageExporter().markdown2html({}, notebook["cells"][0]["source"]))
    assert text in page.shown


@pytest.mark.parametrize("shape", ["cells", "outputs", "metadata", "source", "attachments"])
@pytest.mark.parametrize("value", [None, 5, "x", [5], [[]], {"a": 5}, True, [{}], {"b": []}])
def test_a_part_of_another_kind_does_not_keep_a_page_from_being_made(
    shape: str, value: Any, pair: Lesson
) -> None:
    content = copy.deepcopy(solved(pair))
    if shape == "cells":
        content["cells"].append(value)
    else:
        for cell in content["cells"]:
            cell[shape] = value
    assert PageExporter().from_notebook_node(safe_notebook(content))[0]


def test_the_lessons_own_text_is_shown_as_it_was_written() -> None:
    """But for headings whose ids a page could take for its own, which look the same."""
    changed = []
    for path in Path("notebooks/release").rglob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and safe_markdown(source) != source:
                changed.append(source)
                assert safe_markdown(source).replace("\N{ZERO WIDTH SPACE}", "") == source
    assert len(changed) <= 1
