"""The glossary has every word that a lesson marks as new: bold, without a full stop at its end."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import pytest

pytest.importorskip("jupytext")

from tito.authoring.source import solution_cells
from tito.course.lessons import GLOSSARY, Lesson, all_lessons, glossary

ENTRY = re.compile(r"- \*\*(?P<term>[^*]+)\*\* \((?P<lesson>\d\d)\): (?P<text>.+)", re.DOTALL)
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
NOT_TEXT = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`]*`", re.DOTALL)
LINKED = [x for x in all_lessons() if f"]({GLOSSARY})" in x.source.read_text(encoding="utf-8")]


class Entry(NamedTuple):
    """An explained word."""

    term: str
    lesson: int
    text: str


@cache
def entries() -> list[Entry]:
    path = glossary()
    assert path is not None
    _, *items = path.read_text(encoding="utf-8").split("\n- ")
    found = [ENTRY.fullmatch("- " + item.strip()) for item in items]
    assert all(found), items[found.index(None)]
    return [Entry(m["term"], int(m["lesson"]), m["text"]) for m in found if m]


def new_words(lesson: Lesson) -> list[str]:
    """Bold words of a lesson that are no sentence, no question and no beginning of one."""
    texts = [cell.source for cell in solution_cells(lesson) if cell.kind == "markdown"]
    bold = [" ".join(found.split()) for text in texts for found in BOLD.findall(text)]
    return [
        words for found in bold if (words := NOT_TEXT.sub("", found)) and words[-1] not in ".,:?"
    ]


def is_form_of(word: str, term: str) -> bool:
    """Return true for the term and its plural, also with a capital letter."""
    return word.lower() in (term.lower(), f"{term.lower()}s")


def test_the_first_lessons_link_to_the_glossary() -> None:
    assert [lesson.number for lesson in LINKED][:6] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("lesson", LINKED, ids=lambda lesson: lesson.id)
def test_every_new_word_of_a_lesson_is_explained(lesson: Lesson) -> None:
    known = [entry.term for entry in entries() if entry.lesson <= lesson.number]
    unknown = [w for w in new_words(lesson) if not any(is_form_of(w, term) for term in known)]
    assert unknown == [], "explain these in modules/glossary.md, or print them in italics"


@pytest.mark.parametrize("lesson", LINKED, ids=lambda lesson: lesson.id)
def test_an_explained_word_is_new_in_its_lesson(lesson: Lesson) -> None:
    words = new_words(lesson)
    of_this = [entry.term for entry in entries() if entry.lesson == lesson.number]
    assert len(of_this) > 5
    assert [t for t in of_this if not any(is_form_of(w, t) for w in words)] == []


def test_entries_are_in_order_and_short_and_are_sentences() -> None:
    terms = [entry.term.lower() for entry in entries()]
    assert terms == sorted(terms)
    assert len(set(terms)) == len(terms) > 80
    for entry in entries():
        assert entry.text.endswith("."), entry.term
        assert len(entry.text) < 260, entry.term
        assert len(re.findall(r"[.:](?= [A-Z]|$)", entry.text.replace(".*", "*"))) <= 3, entry.term
