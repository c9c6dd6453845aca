"""The lint of docstrings sees what it is there to see, and finds nothing in the packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.lint_words import PACKAGES, ROOT, all_problems, problems_in


def first_lines(source: str) -> list[str]:
    return [problem.text for problem in problems_in(source, Path("example.py"))]


@pytest.mark.parametrize(
    "text",
    [
        "What is shown.",
        "Whether it passed.",
        "Of the notebook.",
        "``By`` which it is found.",
        "as f.",
    ],
)
def test_docstrings_without_a_subject_are_found(text: str) -> None:
    assert first_lines(f'"""{text}"""') == [text]
    assert first_lines(f'class A:\n    """{text}"""') == [text]
    assert first_lines(f'def f():\n    """{text}\n\n    More."""') == [text]
    assert first_lines(f'class A:\n    b: int = 0\n    """{text}"""') == [text]
    assert first_lines(f'LIMIT = 3\n"""{text}"""') == [text]


@pytest.mark.parametrize("text", ["Return lists.", "Memory limit.", "Format a table."])
def test_verbs_and_nouns_may_begin_a_docstring(text: str) -> None:
    assert first_lines(f'def f():\n    """{text}"""') == []


def test_other_strings_are_no_docstrings() -> None:
    assert first_lines('def f():\n    """Do."""\n    g("What now")\n    return "For what"') == []


def test_the_packages_have_no_such_docstring() -> None:
    assert all((ROOT / package / "__init__.py").is_file() for package in PACKAGES)
    assert [str(problem) for problem in all_problems()] == []
