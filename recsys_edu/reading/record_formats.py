"""Formats whose lines are not rows of fields: JSON lines, LightGCN's lists, the Netflix prize's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from recsys_edu.errors import DataError
from recsys_edu.quoting import shown
from recsys_edu.reading.blocks import Block, blocks_of
from recsys_edu.reading.builder import Builder
from recsys_edu.reading.events import ColumnNames, Events
from recsys_edu.reading.sources import Source

Records = Iterator[tuple[int, Sequence[str]]]

NETFLIX_ITEM: Final = re.compile(r"\s*([0-9]+):\s*")


def read_json_lines(source: Source, names: ColumnNames) -> Events:
    """Read a file with a JSON object on each line."""
    keys = [name for name in names if name is not None]
    builder = Builder(source.path, keys, names)
    for block in blocks_of(source):
        builder.add_records(_json_records(source, block, keys))
    return builder.finished()


def _json_records(source: Source, block: Block, keys: list[str]) -> Records:
    for line, text in block.lines():
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise DataError.at(source.path, line, f"{shown(text)} is not JSON.") from None
        if not isinstance(found, dict):
            raise DataError.at(source.path, line, f"{shown(text)} is not a JSON object.")
        fields = [_json_field(found.get(key)) for key in keys]
        if None in fields:
            key = keys[fields.index(None)]
            given = shown(str(found[key])) if key in found else "nothing"
            raise DataError.at(
                source.path, line, f"{given} under {key!r}, where text or a number is due."
            )
        yield line, [field for field in fields if field is not None]


def _json_field(value: Any) -> str | None:
    """Return the text of a string or a number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def read_user_lines(source: Source) -> Events:
    """Read a file of lines with a user and all their items, blanks between, as LightGCN has them.

    A line with a user alone holds no interactions.
    """
    builder = Builder(source.path, ["user", "item"], ColumnNames("user", "item"))
    for block in blocks_of(source):
        builder.add_records(_user_line_records(block))
    return builder.finished()


def _user_line_records(block: Block) -> Records:
    for line, text in block.lines():
        user, *items = text.split()
        for item in items:
            yield line, (user, item)


def read_netflix(source: Source) -> Events:
    """Read a file of the Netflix prize: a line "item:", then lines "user,rating,date"."""
    header = ["user", "value", "timestamp", "item"]
    names = ColumnNames("user", "item", "value", "timestamp")
    builder = Builder(source.path, header, names)
    item: list[str] = []
    for block in blocks_of(source):
        builder.add_records(_netflix_records(source, block, item))
    return builder.finished()


def _netflix_records(source: Source, block: Block, item: list[str]) -> Records:
    """Yield the records of a block; ``item`` carries the last item from block to block."""
    for line, text in block.lines():
        heading = NETFLIX_ITEM.fullmatch(text)
        if heading:
            item[:] = [heading[1]]
            continue
        fields = text.split(",")
        if len(fields) != 3 or not item:
            raise DataError.at(
                source.path,
                line,
                f"{shown(text)} is neither 'item:' nor 'user,rating,date'.",
            )
        yield line, fields + item
