"""Kinds of files that are handed in in place of a notebook, told by how they begin."""

from __future__ import annotations

import json
import re
from typing import Final

_BEGINNINGS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG\r\n", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"{\\rtf", "a text of a word processor (RTF)"),
    (b"\xd0\xcf\x11\xe0", "a document of an old Word or Excel"),
    (b"\x1f\x8b", "an archive (gzip)"),
    (b"7z\xbc\xaf", "an archive (7z)"),
    (b"Rar!", "an archive (RAR)"),
    (b"BZh", "an archive (bzip2)"),
    (b"\xfd7zXZ", "an archive (xz)"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a pointer of Git LFS, without the file's content"),
    (b"\xff\xfe", "text in UTF-16, which no notebook program writes"),
    (b"\xfe\xff", "text in UTF-16, which no notebook program writes"),
)
_IN_ZIP: Final[tuple[tuple[bytes, str], ...]] = (
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"opendocument", "an OpenDocument file"),
    (b"Index/Document.iwa", "a Pages document"),
)
_HTML: Final = re.compile(rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype html|html|head|body)\b", re.I)
_SCRIPT: Final = re.compile(r"^(?:# %%|#!|import \w|from \w|def \w|class \w)", re.MULTILINE)
_WORDS: Final = ("true", "false", "null", "-Infinity", "Infinity", "NaN")
_LONGEST_ESCAPE: Final = len("\\uXXXX")
_CONFLICT: Final = re.compile(r"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)
_ASK: Final = (
    "Ask the student to open the notebook in Jupyter, save it and hand in the .ipynb file."
)
_HEAD: Final = 4096
"""Number of bytes by which a text is recognised."""


def describe_content(content: bytes) -> str:
    """Return sentences about a file that cannot be read as JSON: its kind, and what to ask for.

    Nothing of the content is quoted, since it is a stranger's.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        return f"it is empty. {_ASK}"
    if not content.strip(b"\0"):
        return f"it has zero bytes only, so saving or copying it failed. {_ASK}"
    kind = _binary_kind(content)
    if kind:
        return f"it is {kind}, and no notebook. {_ASK}"
    if _HTML.match(content[:_HEAD]):
        return (
            "it is a web page that was saved under a notebook's name, and no notebook. Ask the "
            "student for the file itself ('Download' and not 'Save page')."
        )
    try:
        return _describe_text(content.decode("utf-8"))
    except UnicodeDecodeError:
        return f"it is neither text nor any known kind of file, and no notebook. {_ASK}"


def describe_json(value: object) -> str:
    """Return sentences about JSON that is no notebook of format 4."""
    if isinstance(value, dict) and "doc_id" in value:
        return (
            "it is a link to a file in Google Drive, without the notebook. Ask the student to "
            "download it from Colab ('File', 'Download', '.ipynb')."
        )
    version = value.get("nbformat") if isinstance(value, dict) else None
    if version in (1, 2, 3):
        return (
            "it is a notebook of an old format. Ask the student to open it in Jupyter, which "
            "converts it, and to save it."
        )
    if isinstance(version, int) and version > 4:
        return "it is a notebook of a format newer than 4, which this version cannot read."
    return f"it is JSON, but no notebook of format 4. {_ASK}"


def _binary_kind(content: bytes) -> str:
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content.startswith(b"PK\x03\x04"):
        inside = (kind for part, kind in _IN_ZIP if part in content)
        return next(inside, "an archive (ZIP)")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "an image (WebP)"
    if content[4:8] == b"ftyp":
        return "an image or a film (HEIC or MP4)"
    return "an archive (tar)" if content[257:262] == b"ustar" else ""


def _describe_text(text: str) -> str:
    if not text.lstrip().startswith(("{", "[")):
        if _SCRIPT.search(text[:_HEAD]):
            return f"it is a Python script, and no notebook. {_ASK}"
        return f"it is a text, and no notebook. {_ASK}"
    if _CONFLICT.search(text):
        return (
            "it has marks of a merge conflict of Git in it. Ask the student to resolve it, and to "
            "hand in a notebook that opens in Jupyter."
        )
    try:
        json.loads(text)
    except RecursionError:
        return f"it is JSON that is nested too deeply, and no notebook. {_ASK}"
    except json.JSONDecodeError as error:
        if _ends_within(text[error.pos :].rstrip(), error.msg):
            return f"it is a notebook of which the end is missing: it was cut off. {_ASK}"
        return (
            f"it is damaged: it is not JSON from line {error.lineno}, column {error.colno} on. "
            f"{_ASK}"
        )
    except ValueError:  # a number of too many digits
        return f"it has a number of too many digits, and is no notebook. {_ASK}"
    return describe_json(None)


def _ends_within(rest: str, problem: str) -> bool:
    """Return True where JSON went wrong because it ends: in a string, an escape or a word."""
    if problem.startswith("Unterminated") or any(word.startswith(rest) for word in _WORDS):
        return True
    return problem.startswith("Invalid \\uXXXX") and len(rest) < _LONGEST_ESCAPE
