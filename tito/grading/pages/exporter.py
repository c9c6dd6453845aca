"""Turn notebooks into pages that need nothing but themselves: no script, and no other host.

nbgrader's pages load MathJax from a CDN, which then knows every reader. Here formulas are MathML,
made beforehand.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

from jinja2 import DictLoader, pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from tito.grading.pages.code import CodeFilter, output_html
from tito.grading.pages.mathml import MathError, mathml
from tito.grading.pages.renderer import BoundedRenderer
from tito.grading.pages.safe_notebook import safe_notebook
from tito.grading.pages.sanitize import safe_markdown, safe_markdown_without_attachments

_STYLE: Final = """\
<style>
math { font-size: 1.1em; }
math[display="block"] { margin: 0.6em 0; }
mtable.math-left mtd, mtable.math-aligned mtd { text-align: left; }
mtable.math-aligned mtd:nth-child(odd) { text-align: right; padding-right: 0; }
.rendered_html td, .rendered_html th { padding: 0.1em 0.6em; }
.rendered_html img, .output_area img { max-width: 100%; }
</style>
"""
_SEALED: Final = """\
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
"""
"""Policy that keeps a page from running or loading anything, wherever it is opened."""


class PageExporter(HTMLExporter):
    """nbconvert's exporter for notebooks by strangers, with formulas as MathML.

    Args:
        sealed: add a policy by which the page can neither run scripts nor load anything.
        settings: nbconvert's own settings.
    """

    def __init__(self, *, sealed: bool = False, **settings: Any) -> None:
        head = (_SEALED if sealed else "") + _STYLE
        macro = f"{{%- macro mathjax(url='') -%}}{head}{{%- endmacro -%}}"
        loaders = [DictLoader({"mathjax.html.j2": macro})]  # for nbconvert's, which loads MathJax
        super().__init__(extra_loaders=loaders, **settings)  # type: ignore[no-untyped-call]
        self.register_filter("ansi2html", output_html)  # type: ignore[no-untyped-call]

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Turn markdown into harmless HTML, and its formulas into MathML."""
        attachments = context.get("cell", {}).get("attachments", {})
        safe = (
            safe_markdown(source, attachments)
            if attachments
            else safe_markdown_without_attachments(source)
        )
        renderer = _Renderer(escape=False, attachments=attachments)
        html: str = MarkdownWithMath(renderer=renderer).render(safe)
        return html

    def from_notebook_node(self, nb: Any, resources: Any = None, **settings: Any) -> Any:
        """Make a page of a notebook, after everything unknown has been taken out of it."""
        self.filters = {**self.filters, "highlight_code": CodeFilter()}
        return super().from_notebook_node(safe_notebook(nb), resources, **settings)


class _Renderer(BoundedRenderer):
    """A renderer that shows formulas that it does not understand as they were typed."""

    def block_math(self, body: str) -> str:
        return _formula(body, f"$${body}$$", display=True)

    def inline_math(self, body: str) -> str:
        return _formula(body, f"${body}$", display=False)

    def latex_environment(self, name: str, body: str) -> str:
        whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return _formula(whole, whole, display=True)


def _formula(tex: str, source: str, *, display: bool) -> str:
    try:
        return mathml(tex, display=display)
    except MathError:
        return f"<code>{escape(source)}</code>"
