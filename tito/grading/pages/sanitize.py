"""Sanitize text of students: on a page, nothing of it runs or takes the page apart.

nbgrader's pages show markdown as nbconvert renders it, which lets through all HTML, every kind of
link, and TeX commands that make links and styles. Here an answer is rendered by nbconvert, and the
result is compared with lists of what an answer may contain. Nearly all answers pass, and stay
exactly as written. In others, the refused parts become text.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Final

from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbconvert.filters.strings import strip_files_prefix

from tito.grading.pages.cleaner import clean_once
from tito.grading.pages.renderer import BoundedRenderer

Attachments = Mapping[str, Mapping[str, str]]
"""Attachments of a notebook's cell: name → media type → base64."""

MAX_LENGTH: Final = 10_000
"""Length of the longest answer shown in full: rendering can take time that grows quadratically."""
MAX_LINE: Final = 2_000
"""Length of the longest remark."""
MAX_IMAGE: Final = 8 << 20
"""Size of the largest attached image, in bytes."""
UNSHOWABLE: Final = "[This answer cannot be shown here: open the notebook that was handed in.]"
_SIGNATURES: Final = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_TAGS: Final = frozenset({
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt",
    "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark",
    "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
})  # fmt: skip
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=]*")
_PICTURE: Final = re.compile(rf"data:image/(?:png|jpeg);base64,{_BASE64.pattern}")
_ATTRIBUTES: Final = {
    ("a", "class"): re.compile("anchor-link"),
    ("a", "href"): re.compile(r"(?i:https?://|mailto:|#).*|glossary\.md", re.DOTALL),
    ("code", "class"): re.compile(r"language-[\w+#.-]*"),
    ("div", "class"): re.compile("highlight"),
    ("img", "src"): _PICTURE,
    ("ol", "start"): re.compile(r"\d{1,4}"),
    ("span", "class"): re.compile(r"[a-z][a-z0-9]{0,2}"),  # Pygments' kinds of tokens
}
"""Values that attributes may have, beside alt and title. None is a class or id of the page."""
_ALIGNMENT: Final = re.compile(r'<(t[dh]) style="text-align:(?:left|right|center)">')
"""The only style that is let through: nbconvert aligns a table's columns by it."""
_PAGE_ID: Final = re.compile(r"[a-z0-9_]*(?:-comment)?|.*[\"<>&].*", re.DOTALL)
"""Ids that no heading may have: the page finds its boxes for points and comments by them."""
_COMMANDS: Final = (
    "action", "bbox", "class", "cssId", "data", "DeclareMathOperator", "def", "edef", "enclose",
    "gdef", "hfil", "href", "hskip", "hspace", "kern", "let", "llap", "lower", "mathtip",
    "mkern", "mmlToken", "moveleft", "moveright", "mskip", "mspace", "newcommand",
    "newenvironment", "providecommand", "raise", "raisebox", "renewcommand", "renewenvironment",
    "require", "rlap", "Rule", "rule", "Space", "strut", "style", "texttip", "tip", "toggle",
    "unicode", "url", "xdef",
)  # fmt: skip
_TEX: Final = re.compile(rf"\\(?=(?:{'|'.join(_COMMANDS)})(?![a-z]))")
"""Commands that make links, classes and styles, redefine others, or write outside of their line."""
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_BREAK: Final = "\N{ZERO WIDTH SPACE}"
"""Character that takes the meaning of the one before it, and leaves its looks."""


def safe_markdown(text: str, attachments: Attachments | None = None) -> str:
    """Return markdown that shows what a student wrote, and does nothing else.

    A harmless answer is returned as it is. In others, tags, links, pictures and TeX commands that
    must not work are shown as typed.

    Args:
        text: source of a markdown cell.
        attachments: attachments of the cell, from :func:`safe_attachments`. A picture without its
            attachment would keep the whole page from being shown, and is shown as text.
    """
    if len(text) > MAX_LENGTH:
        text = f"{text[:MAX_LENGTH]}\n\n[{len(text) - MAX_LENGTH:,} more characters are not shown]"
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be saved
    text = "".join(character for character in text if character in "\n\t" or character >= " ")
    for change in _CHANGES:
        changed = change(text)
        if _is_harmless(changed, attachments or {}):
            return changed
    return UNSHOWABLE


@functools.lru_cache(maxsize=4096)
def safe_markdown_without_attachments(text: str) -> str:
    """Return :func:`safe_markdown` of a text; cells of a lesson are the same for all students."""
    return safe_markdown(text)


def plain_text(text: str) -> str:
    """Return a text of one line, without characters that control anything, for a page of ours.

    The page escapes it; markup in it is shown as it is.
    """
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return "".join(character for character in line if character.isprintable())[:MAX_LINE]


def literal_line(text: str) -> str:
    """Return markdown, on one line, that shows a text as it is."""
    line = " ".join(text.split())[:MAX_LINE]
    return _PUNCTUATION.sub(r"\\\1", line)


def literal_markdown(text: str) -> str:
    """Return markdown that shows a text as a block of code."""
    fences = (run[0] for run in re.finditer("`+", text))
    fence = "`" * (1 + max((2, *map(len, fences))))
    return f"{fence}\n{text}\n{fence}"


def safe_attachments(attachments: object) -> dict[str, dict[str, str]]:
    """Return those attachments that are PNG or JPEG pictures, by their first bytes too."""
    if not isinstance(attachments, Mapping):
        return {}
    found = {}
    for name, kinds in attachments.items():
        if isinstance(name, str) and name.isprintable() and isinstance(kinds, Mapping):
            pictures = {kind: safe_picture(kinds.get(kind), kind) for kind in _SIGNATURES}
            kept = {kind: data for kind, data in pictures.items() if data}
            if kept:
                found[name] = kept
    return found


def safe_picture(data: object, kind: str) -> str:
    """Return the base64 of a picture of this kind, on one line; empty for anything else."""
    if isinstance(data, list):  # notebooks may keep long texts as lists of lines
        data = "".join(line for line in data if isinstance(line, str))
    if not isinstance(data, str) or len(data) > 2 * MAX_IMAGE:
        return ""
    try:
        content = base64.b64decode("".join(data.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return ""
    if len(content) > MAX_IMAGE or not content.startswith(_SIGNATURES[kind]):
        return ""
    return base64.b64encode(content).decode("ascii")


def _is_harmless(text: str, attachments: Attachments) -> bool:
    """Return True if everything that nbconvert makes of a text is on the lists, and well-formed.

    HTML that the sanitizer does not change is harmless. Both are compared by the parser with which
    nbconvert reads and rewrites each page in the end, so as browsers get them.
    """
    try:
        html = _ALIGNMENT.sub(r"<\1>", _render(text, _without_contents(attachments)))
        kept = clean_once(html, _TAGS, _allowed)
        before, after = _events(html), _events(kept)
    except Exception:  # it would do the same to the page
        return False
    words = "".join(part for kind, part, _ in before if kind == "text")
    return before == after and _TEX.search(words) is None


def _without_contents(attachments: Attachments) -> Attachments:
    """Return attachments with an empty picture for each one that is well-formed.

    A page may have megabytes of them, and each try would read them anew.
    """
    return {
        name: {kind: "" for kind, data in kinds.items() if _BASE64.fullmatch(data)}
        for name, kinds in attachments.items()
    }


def _render(text: str, attachments: Attachments) -> str:
    renderer = BoundedRenderer(
        escape=False, attachments={name: dict(kinds) for name, kinds in attachments.items()}
    )
    html = MarkdownWithMath(renderer=renderer).render(text)
    return str(strip_files_prefix(html))  # type: ignore[no-untyped-call]


def _allowed(tag: str, name: str, value: str) -> bool:
    if name in ("alt", "title"):
        return True
    if name == "id":
        return tag[0] == "h" and _PAGE_ID.fullmatch(value) is None
    pattern = _ATTRIBUTES.get((tag, name))
    return pattern is not None and pattern.fullmatch(value) is not None


class _Events(HTMLParser):
    """A parser that lists a page's tags and texts in order, in one spelling."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, object]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(("start", tag, sorted((name, value or "") for name, value in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("end", tag, None))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] == "text":
            data = self.found.pop()[1] + data
        self.found.append(("text", data, None))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data, None))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", decl, None))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction", data, None))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration", data, None))


def _events(html: str) -> list[tuple[str, str, object]]:
    parser = _Events()
    parser.feed(html)
    parser.close()
    return parser.found


def _break_tex(text: str) -> str:
    return _TEX.sub(rf"\\{_BREAK}", text)


def _break_headings(text: str) -> str:
    """Give each heading an id that nothing else has."""
    text = re.sub(r"(?m)^([ >]*#{1,6}[ \t]+)", rf"\1{_BREAK}", text)
    return re.sub(r"(?m)^([ >]*)(\S.*\n[ >]*(?:=+|-+)[ \t]*)$", rf"\1{_BREAK}\2", text)


def _break_tags(text: str) -> str:
    """Disarm all tags but plain ones that end on the same line."""
    plain = re.compile(r"<(b|i|u|s|em|strong|code|kbd|sub|sup|small|mark)>([^<>\n]*)</\1>|<br ?/?>")
    parts, end = [], 0
    for match in plain.finditer(text):
        parts += [text[end : match.start()].replace("<", f"<{_BREAK}"), match[0]]
        end = match.end()
    return "".join((*parts, text[end:].replace("<", f"<{_BREAK}")))


def _break_links(text: str) -> str:
    """Disarm links, pictures and check boxes."""
    text = re.sub(r"\](?=[(\[:])", f"]{_BREAK}", text)
    return re.sub(r"(?m)^([ >]*[-*+] \[)(?=[ xX]\])", rf"\1{_BREAK}", text)


def _chain(*changes: Callable[[str], str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        for each in changes:
            text = each(text)
        return text

    return change


_CHANGES: Final = (
    _chain(),
    _chain(_break_tex, _break_headings),
    _chain(_break_tex, _break_headings, _break_tags),
    _chain(_break_tex, _break_headings, _break_links),
    _chain(_break_tex, _break_headings, _break_tags, _break_links),
    _chain(_break_tex, literal_markdown),
)
"""Changes that are tried, the mildest first."""
