"""Files that are no notebooks: each kind is said by its name."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile

import pytest

from tests.grading.conftest import Notebook
from tito.grading.submitted_notebook import SubmittedNotebook, UngradableError


def packed(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    return out.getvalue()


KINDS = {
    "is empty": b"",
    "is empty ": b"\xef\xbb\xbf \n",
    "zero bytes only": b"\0" * 100,
    "a PDF": b"%PDF-1.7\n",
    "an image (PNG)": b"\x89PNG\r\n\x1a\n\0",
    "an image (JPEG)": b"\xff\xd8\xff\xe0\0",
    "an image (WebP)": b"RIFF\0\0\0\0WEBPVP8 ",
    "an image or a film": b"\0\0\0\x18ftypheic",
    "a Word document": packed("word/document.xml"),
    "an Excel workbook": packed("xl/workbook.xml"),
    "an archive (ZIP)": packed("notes.md"),
    "an archive (tar)": tarred(),
    "an archive (gzip)": b"\x1f\x8b\x08\0",
    "a text of a word processor": b"{\\rtf1\\ansi",
    "a document of an old Word": b"\xd0\xcf\x11\xe0\xa1\xb1",
    "a web page": b"\n<!DOCTYPE html>\n<html>",
    "a web page ": b"<!-- saved -->\n<HTML lang=en>",
    "text in UTF-16": "{}".encode("utf-16"),
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid",
    "a Python script": b'"""Mine."""\n\nimport numpy as np\n',
    "a text, and": "Ich habe mir Mühe gegeben.".encode(),
    "neither text": b"\x81\x82\x83{",
    "merge conflict": b'{"cells": [\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> x\n]}',
    "nested too deeply": b"[" * 100_000,
    "not JSON from line 2, column 2 on": b'{"cells": [],\n {}}',
    "a number of too many digits": b"[" + b"9" * 10_000 + b"]",
    "a link to a file in Google Drive": b'{"url": "x", "doc_id": "y", "email": "z"}',
    "an old format": b'{"nbformat": 3, "worksheets": []}',
    "a format newer": b'{"nbformat": 5, "cells": []}',
    "JSON, but no notebook": b"[1, 2]",
    "without a list of cells": b'{"nbformat": 4}',
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named(kind: str) -> None:
    with pytest.raises(UngradableError) as caught:
        SubmittedNotebook(KINDS[kind])
    assert kind.strip() in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_notebook_that_was_cut_off_is_told_from_a_damaged_one(notebook: Notebook) -> None:
    content = notebook()
    for end in range(2, len(content) - 1, 7):
        with pytest.raises(UngradableError) as caught:
            SubmittedNotebook(content[:end])
        assert "it was cut off" in str(caught.value)


def test_nothing_of_the_content_is_quoted() -> None:
    for content in (b"<b>SECRET</b>", b'{"<b>SECRET</b>": x}', b"[1] <b>SECRET</b>"):
        with pytest.raises(UngradableError) as caught:
            SubmittedNotebook(content)
        assert "SECRET" not in str(caught.value)


def test_a_notebook_is_read(notebook: Notebook) -> None:
    assert SubmittedNotebook(b"\xef\xbb\xbf" + notebook()).cells
    assert json.loads(notebook())["nbformat"] == 4
