"""Run a notebook's cells in a jail, as their author saw them.

Outputs are for people to read. The student's code runs in the same process and can forge them, so
marks come from calls that the trusted side checks, never from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from recsys_backends.errors import RecsysError
from tito.jail.jail import Jail, Jailed
from tito.jail.mounts import FONTS
from tito.jail.unjailed import Unjailed
from tito.wire.pipe import Deadline, NoReplyError, exchange
from tito.wire.processes import close_pipes

GRACE: Final = 3.0
"""Seconds from a cell's own time limit, at which it is interrupted, to the end of the jail."""
MAX_CHARACTERS: Final = 2**21
OUTPUT_COST: Final = 256
"""Characters that an output counts for, and each list and object in it, beside its texts."""
_CUT: Final = "[cut: the outputs of this notebook are too long to be shown in full]\n"
_STREAMS: Final = ("stdout", "stderr")
_LIST_FONTS: Final = """
import pathlib, matplotlib.font_manager
(path,) = pathlib.Path(matplotlib.get_cachedir()).glob("fontlist*.json")
print(path.name)
print(path.read_text())
"""


@dataclass(frozen=True)
class CellLimits:
    """Limits of the cells of one notebook."""

    seconds: float = 60.0
    """Time limit of one cell."""
    all_seconds: float = float("inf")
    """Time limit of all cells together."""
    start_seconds: float = 60.0
    """Time limit of starting Python and IPython."""
    characters: int = MAX_CHARACTERS
    """Characters of one cell's outputs, pictures in base64 included."""
    all_characters: int = 4 * MAX_CHARACTERS
    """Characters of the outputs of all cells together."""


@dataclass(frozen=True)
class CellOutcome:
    """Outcome of one cell."""

    outputs: tuple[dict[str, Any], ...]
    """Outputs in the form of nbformat 4: streams, errors, text and PNG."""
    error: str
    """The error's type; empty where there was none."""
    execution_count: int | None
    """None where the cell was not run, or did not end."""
    why: str = ""
    """Sentence that says why it was not run or did not end; else empty."""

    @property
    def ran(self) -> bool:
        """The cell ended, in an error or not."""
        return not self.why


class CellError(RecsysError):
    """Loss of the process with the notebook; the message says how."""


def run_cells(
    sources: Sequence[str],
    jail: Jail | Unjailed,
    limits: CellLimits | None = None,
    on_cell: Callable[[int], None] = lambda number: None,
) -> list[CellOutcome]:
    """Run code cells in order, going on after errors, in one jail.

    Args:
        sources: the code of each cell.
        jail: a ``notebook_jail``, or an ``Unjailed``.
        limits: of each cell.
        on_cell: called with each cell's number before it runs.

    Returns:
        An outcome for each: a cell that ends the process costs itself and those after it.
    """
    limits = limits or CellLimits()
    outcomes: list[CellOutcome] = []
    try:
        with _Process(jail, limits) as process:
            end = time.monotonic() + limits.all_seconds
            for number, source in enumerate(sources):
                on_cell(number)
                outcomes.append(process.run(source, end - time.monotonic()))
    except CellError as error:
        why = str(error)
        if jail.times_full():
            why += " Its memory was used up."
        outcomes.append(_not_run(why))
    after = _not_run("not run: an earlier cell ended the process.")
    return (outcomes + [after] * len(sources))[: len(sources)]


class _Process:
    """Jail that runs cells."""

    def __init__(self, jail: Jail | Unjailed, limits: CellLimits) -> None:
        self._limits = limits
        self._left = limits.all_characters
        self._process: Jailed = jail.start()

    def __enter__(self) -> _Process:
        try:
            settings = {"seconds": self._limits.seconds, "characters": self._limits.characters}
            self._exchange(settings, self._limits.start_seconds)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._process.end()
        close_pipes(self._process)
        self._process.wait()

    def run(self, source: str, left: float) -> CellOutcome:
        if left <= 0:
            raise CellError(f"the {self._limits.all_seconds:g} s of the notebook were used up.")
        reply = self._exchange(source, min(self._limits.seconds, left) + GRACE)
        outputs, n_used = _clean(reply.get("outputs"), min(self._limits.characters, self._left))
        self._left -= n_used
        count = reply.get("execution_count")
        return CellOutcome(
            tuple(outputs),
            str(reply.get("error"))[:100] if isinstance(reply.get("error"), str) else "",
            count if type(count) is int else None,
        )

    def _exchange(self, message: Any, seconds: float) -> dict[str, Any]:
        with Deadline(seconds, self._process.end) as deadline:
            try:
                return exchange(self._process, message, deadline, 8 * self._limits.characters)
            except NoReplyError as failure:
                raise CellError(_sentence_about(failure, seconds)) from None


def _sentence_about(failure: NoReplyError, seconds: float) -> str:
    if failure.late:
        return f"it had not ended after {seconds:g} s, and could not be interrupted."
    if failure.damage:
        return f"what came back is no answer: {failure.damage}."
    return "its code ended the whole Python process."


def notebook_jail(*, contents: Mapping[str, bytes] | None = None, **settings: Any) -> Jail:
    """Return a jail for ``run_cells``, in which the library and all packages can be imported.

    Args:
        contents: files by their paths in there; see ``font_list``.
        settings: as for ``Jail``.
    """
    return Jail(module="tito.jail.cell_runner", library=True, contents=contents or {}, **settings)


def font_list() -> dict[str, bytes]:
    """Return matplotlib's cache of the fonts in a jail, as ``contents`` for other jails.

    Making it takes a second in each jail that does not have it. Empty without matplotlib.
    """
    with notebook_jail() as jail:
        (outcome,) = run_cells([_LIST_FONTS], jail)
    said = "".join(output.get("text", "") for output in outcome.outputs)
    name, _, content = said.partition("\n")
    return {f"{FONTS}/{name}": content.encode()} if content and not outcome.error else {}


def _not_run(why: str) -> CellOutcome:
    return CellOutcome((), "", None, why)


def _clean(outputs: Any, characters: int) -> tuple[list[dict[str, Any]], int]:
    """Reduce outputs to those of an expected form that fit a limit.

    Returns:
        The outputs, and the characters that they count for. Half of each is counted, since an error
        may be added to outputs that have reached the limit.
    """
    found: list[dict[str, Any]] = []
    left = characters
    for output in outputs if isinstance(outputs, list) else []:
        kept = _cleaned(output) if isinstance(output, dict) else None
        size = _size(kept)
        if kept is None:
            continue
        if size > 2 * left:
            found.append({"output_type": "stream", "name": "stdout", "text": _CUT})
            break
        left -= size // 2
        found.append(kept)
    return found, characters - left


def _cleaned(output: dict[str, Any]) -> dict[str, Any] | None:
    """Return a stream, an error, or data reduced to plain text and PNG; None for another output."""
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in _STREAMS:
        return {"output_type": kind, "name": output["name"], "text": _text(output.get("text"))}
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": kind,
            "ename": _text(output.get("ename")),
            "evalue": _text(output.get("evalue")),
            "traceback": [_text(line) for line in lines] if isinstance(lines, list) else [],
        }
    data = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(data, dict):
        return None
    kept = {name: _text(data[name]) for name in ("text/plain", "image/png") if name in data}
    cleaned = {"output_type": kind, "data": kept, "metadata": {}}
    if kind == "execute_result":
        count = output.get("execution_count")
        cleaned["execution_count"] = count if type(count) is int else None
    return cleaned


def _text(value: Any) -> str:
    """Return a text with question marks for lone surrogates, which UTF-8 cannot hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _size(value: Any) -> int:
    """Return the number of characters that a value counts for."""
    if isinstance(value, dict):
        return OUTPUT_COST + sum(_size(part) for part in value.values())
    if isinstance(value, list):
        return OUTPUT_COST + 8 * len(value) + sum(_size(part) for part in value)
    return len(value) if isinstance(value, str) else 0
