"""Run a notebook in a Jupyter kernel, and return an outcome for each code cell.

The notebook's file is only read. Needs the extra ``course`` (nbclient and ipykernel).
"""

from __future__ import annotations

import atexit
import json
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recsys_edu.artefacts.cell import is_cython
from recsys_edu.errors import MissingDependencyError
from tito.course.notebook import EXPERIMENT, Cell, NotebookError, cells_of

SECONDS_PER_CELL: Final = 120
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CRASH: Final = (
    " In Cython that is mostly an index outside of an array, or None that is used as an array: set "
    "boundscheck(True) until it is found."
)
_NAME: Final = re.compile(r"name '(\w+)' is not defined")
_FRAME: Final = re.compile(r"Cell In\[(\d+)\], line (\d+)")


@dataclass(frozen=True)
class CellRun:
    """Outcome of one code cell."""

    cell: Cell
    error: str
    """Type of the error; empty where the cell ran to its end."""
    message: str
    """One sentence about the error; empty where there was none."""

    @property
    def passed(self) -> bool:
        """The cell ran to its end."""
        return not self.error


def run_notebook(
    path: Path,
    content: Any,
    folder: Path,
    *,
    seconds: int = SECONDS_PER_CELL,
    experiments: bool = True,
    on_cell: Callable[[Cell], None] = lambda cell: None,
) -> list[CellRun]:
    """Run every code cell in order, going on after errors.

    Args:
        path: name of the notebook, for messages.
        content: the notebook as read from JSON.
        folder: working folder of the kernel.
        seconds: time limit of one cell.
        experiments: False to leave out the cells tagged ``experiment``, in the result as well.
        on_cell: function that is called with each code cell before it runs.

    Raises:
        NotebookError: it is no notebook, or its code ended the kernel.
        MissingDependencyError: there is no kernel to run it in.
    """
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
    except ImportError as error:
        raise MissingDependencyError.for_extra("nbclient", "course") from error
    cells = cells_of(content, path)
    notebook = nbformat.reads(json.dumps(_without_outputs(content)), as_version=4)  # type: ignore[no-untyped-call]
    running: list[Cell] = []

    def started(cell: Any, cell_index: int) -> None:
        running.append(cells[cell_index])
        cell_here = cells[cell_index]
        if cell_here.kind == "code" and (experiments or not cell_here.is_experiment):
            on_cell(cell_here)

    client = NotebookClient(
        notebook,
        km=_kernel_manager(),
        timeout=seconds,
        interrupt_on_timeout=True,
        allow_errors=True,
        store_widget_state=False,
        skip_cells_with_tag="" if experiments else EXPERIMENT,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=started,
    )
    try:
        _execute(client)
    except CellTimeoutError:
        raise NotebookError(
            f"{path}, {running[-1].label}: it had not ended after {seconds} s and could not be "
            "interrupted: is there a loop that does not end?"
        ) from None
    except DeadKernelError:
        hint = _CRASH if any(is_cython(cell.source) for cell in cells) else ""
        raise NotebookError(
            f"{path}, {running[-1].label}: its code ended the whole Python process.{hint}"
        ) from None
    runs = _runs(cells, notebook.cells, seconds)
    return [run for run in runs if experiments or not run.cell.is_experiment]


def _execute(client: Any) -> None:
    """Run the notebook; Ctrl-C ends the kernel and is passed on.

    In a thread, because nbclient would otherwise take Ctrl-C for a kernel that died.
    """
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_execute_here, client)
        try:
            running.result()
        except KeyboardInterrupt:
            while not running.done():
                provisioner = client.km.provisioner  # None until the kernel has been started
                if provisioner is not None and provisioner.process is not None:
                    provisioner.process.kill()
                time.sleep(0.05)
            atexit.unregister(client._cleanup_kernel)  # there is nothing left to clean up
            raise


def _execute_here(client: Any) -> None:
    """Run the notebook in this thread, and leave no event loop behind."""
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    try:
        client.execute(cleanup_kc=True)
    finally:
        loop.close()


def _without_outputs(content: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook without outputs, and with an id of its own for each cell.

    A cell that was copied by hand has the id of its original, of which nbformat would warn.
    """
    has_ids = content.get("nbformat_minor", 0) >= 5
    cells = []
    for number, cell in enumerate(content["cells"]):
        changed = {key: value for key, value in cell.items() if key != "id"}
        if has_ids:
            changed["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            changed["outputs"] = []
        cells.append(changed)
    return {**content, "cells": cells}


def _kernel_manager() -> Any:
    """Return a manager of a kernel of this Python, whatever the user has called ``python3``."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    manager = AsyncKernelManager()
    start = [sys.executable, "-m", "ipykernel_launcher"]
    manager._kernel_spec = KernelSpec(
        argv=[*start, "-f", "{connection_file}", "--log-level=ERROR"],
        display_name="Python 3",
        language="python",
    )
    return manager


def _runs(cells: list[Cell], executed: list[Any], seconds: int) -> list[CellRun]:
    code = [(c, x) for c, x in zip(cells, executed, strict=True) if c.kind == "code"]
    by_count = {x.get("execution_count"): c for c, x in code}
    runs: list[CellRun] = []
    for cell, run in code:
        failure = next((o for o in run["outputs"] if o["output_type"] == "error"), None)
        if failure is None:
            runs.append(CellRun(cell, "", ""))
        else:
            sentence = _sentence(cell, failure, by_count, seconds)
            about = _missing(failure, runs) or sentence
            runs.append(CellRun(cell, failure["ename"], about))
    return runs


def _missing(failure: Any, before: list[CellRun]) -> str:
    """Return a sentence about a name that a cell above would have defined, or nothing."""
    name = _NAME.search(failure["evalue"]) if failure["ename"] == "NameError" else None
    if name is None:
        return ""
    for run in before:
        if not run.passed and re.search(rf"^ *def {name[1]}\b", run.cell.source, re.MULTILINE):
            return f"there is no {name[1]}, since its {run.cell.label} did not run: mend that first"
    return ""


def _sentence(cell: Cell, failure: Any, by_count: dict[Any, Cell], seconds: int) -> str:
    """Return a sentence about an error, with the learner's line that it came from."""
    name, value = failure["ename"], failure["evalue"].strip()
    text = _ANSI.sub("", "\n".join(failure["traceback"]))
    frames = [(by_count.get(int(n)), int(line)) for n, line in _FRAME.findall(text)]
    own = [(c, line) for c, line in frames if c is not None and c is not cell]
    blamed, line = own[-1] if own else (frames[-1] if frames else (cell, 0))
    where = f" ({blamed.label}, line {line})" if blamed and line else ""
    if name == "NotImplementedError" and not value:
        return f"not written yet{where}"
    if name == "KeyboardInterrupt":
        return f"it had not ended after {seconds} s: is there a loop that does not end?{where}"
    if name == "AssertionError" and not own:
        return value or f"an assertion failed{where}"
    hint = ". Has a function no `return`?" if not own and "NoneType" in value else ""
    return f"{name}: {value}{where}{hint}"
