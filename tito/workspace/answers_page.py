"""A static page with a lesson's model answers beside the learner's."""

from __future__ import annotations

import io
from html import escape
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import Workspace
from tito.course.lessons import Lesson
from tito.workspace.compared import Compared, ComparedCode, ComparedWords

_MADE: Final = "<!-- written by `tito answers` -->"
NOT_THERE: Final = "(your notebook has no such cell)"
_PAGE: Final = """\
<!doctype html>
{made}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fff; margin: 2rem auto;
  max-width: 110rem; padding: 0 1rem }}
.pair {{ display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)) }}
.pair > div {{ min-width: 0 }}
h3 {{ font-size: 1rem; margin: .5rem 0 }}
pre {{ background: #f6f6f4; border: 1px solid #ddd; margin: 0; overflow-x: auto; padding: .75rem;
  font-size: .875rem; line-height: 1.4 }}
pre span {{ background: none !important }}
pre.words {{ white-space: pre-wrap; font-family: inherit; font-size: 1rem }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def write_page(workspace: Workspace, lesson: Lesson, compared: Compared) -> Path:
    """Write the page into the workspace; return its path.

    Raises:
        WorkspaceError: a file that this did not write is there.
    """
    path = workspace.root / "answers" / f"{lesson.id}.html"
    if path.exists() and _MADE not in path.read_text(encoding="utf-8", errors="replace")[:200]:
        raise WorkspaceError(f"{path} is a file of another making: move it away first.")
    title = f"Lesson {lesson.number:02}, {lesson.about().title}: answers"
    body = [_code(pair) for pair in compared.code] + [_words(pair) for pair in compared.words]
    path.parent.mkdir(exist_ok=True)
    with atomic_path(path) as unfinished:
        text = _PAGE.format(made=_MADE, title=escape(title), body="\n".join(body))
        unfinished.write_text(text, encoding="utf-8")
    return path


def _code(pair: ComparedCode) -> str:
    title = pair.part.title
    return (
        f"<h2>{escape(title[0].upper() + title[1:])} ({pair.part.points:g} points)</h2>\n"
        f'<div class="pair">{_column("Yours", _highlighted(pair.yours))}'
        f"{_column('Model', _highlighted(pair.model))}</div>"
    )


def _words(pair: ComparedWords) -> str:
    question = pair.question
    given = "not marked yet" if pair.points is None else f"you gave {pair.points:g}"
    columns = (
        _column(name, f'<pre class="words">{escape(text or NOT_THERE)}</pre>')
        for name, text in (("Yours", pair.yours), ("Model", pair.model.text))
    )
    return (
        f"<h2>Question {escape(question.name)} ({question.points:g} points, {given})</h2>\n"
        f'<pre class="words">{escape(question.text)}</pre>\n'
        f'<div class="pair">{"".join(columns)}</div>\n'
        f"<h3>Mark scheme</h3><p>{escape(pair.model.scheme)}</p>"
    )


def _column(name: str, content: str) -> str:
    return f"<div><h3>{name}</h3>{content}</div>"


def _highlighted(code: str) -> str:
    """Return code as HTML, coloured."""
    from rich.console import Console
    from rich.syntax import Syntax

    if not code:
        return f"<pre>{NOT_THERE}</pre>"
    width = max(map(len, code.expandtabs().splitlines())) + 1
    console = Console(
        record=True, file=io.StringIO(), width=width, color_system="truecolor", no_color=False
    )
    console.print(Syntax(code, "python", theme="default", background_color="default"))
    html = console.export_html(inline_styles=True, code_format="{code}")
    return f"<pre>{html.rstrip()}</pre>"
