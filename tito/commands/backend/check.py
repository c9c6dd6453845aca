"""``tito backend check``: the clauses of the contract, one line each."""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from recsys_backends.wording import counted

if TYPE_CHECKING:
    from recsys_backends.contract import ClauseResult


@click.command("check")
@click.argument("name")
@click.option("--op", "ops", multiple=True, metavar="OP", help="Op to check; may be repeated.")
@click.option("--quick", is_flag=True, help="Leave out the clauses that take long.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the inputs.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def command(name: str, ops: tuple[str, ...], quick: bool, seed: int, as_json: bool) -> None:
    """Run the contract on the backend NAME and say which clauses do not hold.

    NAME is a registered backend, or the path of one that is not installed, in this folder or on
    PYTHONPATH: "module", "package.module" or "module:attribute". The exit status is 1 where a
    clause does not hold.
    """
    from recsys_backends import contract

    _check_ops(ops)
    backend = _registered(name)
    start = time.perf_counter()
    results = contract.check(backend, ops=ops or None, quick=quick, seed=seed)
    seconds = time.perf_counter() - start
    failed = [result for result in results if not result.passed]
    if as_json:
        click.echo(json.dumps(_as_json(name, results, seed, quick), indent=2))
    else:
        for result in results:
            click.echo(_line(result))
        n_held = len(results) - len(failed)
        click.echo(
            f"{name}: {n_held} of {counted(len(results), 'clause')} hold"
            f" (contract version {contract.VERSION}, {seconds:.1f} s)."
        )
    sys.exit(bool(failed))


def _check_ops(ops: tuple[str, ...]) -> None:
    from recsys_backends import OPS

    for op in ops:
        if op not in OPS:
            raise click.UsageError(f"there is no op {op!r}; the ops are {', '.join(OPS)}.")


def _registered(name: str) -> str:
    """Return the name of a backend; one that is given by its path is registered under it."""
    from recsys_backends import UnknownBackendError, register_backend, use_backend

    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: a module in this folder can be named
    try:
        with use_backend(name):
            return name
    except UnknownBackendError:
        if not _is_module(name.partition(":")[0]):
            raise
    register_backend(name, name)
    return name


def _is_module(path: str) -> bool:
    """Return True if there is a module of this name."""
    try:
        return find_spec(path) is not None
    except (ImportError, ValueError):
        return False


def _line(result: ClauseResult) -> str:
    if result.passed:
        return f"ok    {result.op}: {result.name}"
    return f"FAIL  {result.op}: {result.name}\n      {result.message}"


def _as_json(name: str, results: list[ClauseResult], seed: int, quick: bool) -> dict[str, object]:
    from recsys_backends import contract

    return {
        "backend": name,
        "contract_version": contract.VERSION,
        "seed": seed,
        "quick": quick,
        "passed": all(result.passed for result in results),
        "clauses": [
            {"op": r.op, "name": r.name, "passed": r.passed, "message": r.message} for r in results
        ],
    }
