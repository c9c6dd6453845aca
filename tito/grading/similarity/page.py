"""Page and table of similar answers: escaped text that loads and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from jinja2 import Environment

from tito.grading.marks.tables import csv_text, inert
from tito.grading.similarity.pairs import Pair, Passage

MAX_SHOWN: Final = 50
"""Number of pairs whose answers are shown side by side."""
MAX_LINES: Final = 400
"""Number of lines of one cell that are shown."""
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Similar answers: {{ lesson }}</title>
<style>
body { color: #111; font: 1rem/1.5 sans-serif; margin: 1rem auto; max-width: 90rem; }
table { border-collapse: collapse; } td, th { border: 1px solid #777; padding: .2rem .6rem; }
td { text-align: left; } .both { display: grid; gap: 1rem; grid-template-columns: 1fr 1fr; }
pre { background: #f6f6f6; overflow-x: auto; padding: .5rem; } mark { background: #ffe08a; }
@media (max-width: 50rem) { .both { grid-template-columns: 1fr; } }
</style>
</head>
<body>
<h1>Similar answers: {{ lesson }}</h1>
<p>A similarity is a reason to read and to ask, and no proof. Short functions that the lesson
describes step by step come out alike by themselves; people who worked together, or from one source
that is allowed, do too. Marked lines hold passages that both have, whatever their names.</p>
{% if pairs %}
<table>
<thead><tr><th scope="col">students</th><th scope="col">share</th><th scope="col">fingerprints</th>
<th scope="col">cells</th></tr></thead>
<tbody>
{% for pair in pairs %}
<tr><td>{% if loop.index <= most %}<a href="#pair{{ loop.index }}">{% endif %}\
{{ pair.students[0] }}, {{ pair.students[1] }}{% if loop.index <= most %}</a>{% endif %}</td>
<td>{{ "%.0f" % (100 * pair.share) }} %</td><td>{{ pair.n_shared }}</td>
<td>{{ pair.cells | join(", ") }}</td></tr>
{% endfor %}
</tbody>
</table>
{% else %}
<p>No two hand-ins share more than the class does.</p>
{% endif %}
{% for pair in pairs[:most] %}
<h2 id="pair{{ loop.index }}">{{ pair.students[0] }}, {{ pair.students[1] }}</h2>
<div class="both">
{% for side in (0, 1) %}
<section><h3>{{ pair.students[side] }}</h3>
{% for name, lines in shown(pair, side) %}
<h4>{{ name }}</h4>
<pre>{% for marked, line in lines %}{% if marked %}<mark>{{ line }}</mark>{% else %}{{ line }}\
{% endif %}
{% endfor %}</pre>
{% endfor %}
</section>
{% endfor %}
</div>
{% endfor %}
</body>
</html>
"""


def similarity_page(
    lesson: str, pairs: Sequence[Pair], works: Mapping[str, Sequence[Passage]]
) -> str:
    """Return the page: a table of pairs, and the answers of the first of them side by side."""

    def shown(pair: Pair, side: int) -> list[tuple[str, list[tuple[bool, str]]]]:
        marked = pair.lines[side]
        return [
            (passage.cell, _lines(passage, {line for at, line in marked if at == number}))
            for number, passage in enumerate(works[pair.students[side]])
            if any(at == number for at, _ in marked)
        ]

    page = Environment(autoescape=True, keep_trailing_newline=True).from_string(_PAGE)
    return page.render(lesson=lesson, pairs=pairs, shown=shown, most=MAX_SHOWN)


def similarity_csv(pairs: Sequence[Pair]) -> str:
    """Return one row for each pair."""
    rows = [["student", "other", "share", "fingerprints", "cells"]]
    for pair in pairs:
        names = [inert(student) for student in pair.students]
        rows.append([*names, f"{pair.share:.3f}", str(pair.n_shared), inert(" ".join(pair.cells))])
    return csv_text(rows)


def _lines(passage: Passage, marked: set[int]) -> list[tuple[bool, str]]:
    """Return the lines of a cell, each with True if it is marked, without control characters."""
    lines = passage.source.split("\n")[:MAX_LINES]
    return [(number in marked, _plain(line)) for number, line in enumerate(lines, start=1)]


def _plain(line: str) -> str:
    return "".join(x if x.isprintable() or x == "\t" else "\N{REPLACEMENT CHARACTER}" for x in line)
