"""Find the statements of cells; this file runs in a jail, where a stranger's code may be parsed.

It imports nothing but the standard library, and nothing that it reads is ever run.
"""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterator
from typing import Any

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign)
_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.TryStar, ast.Match)
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""Expressions with names of their own."""
_MOST_BLOCKS = 2_000
_LONGEST_WAIT = 200
"""Number of blocks that are tried together, as one may be cut by a text that spans lines."""


def statements(sources: list[str]) -> list[list[list[Any]]]:
    """Return the statements at the top of each cell, in their order.

    Returns:
        For each cell a list of [first line, last line, kind, binds, reads]. Lines are counted from
        1. The kind is "definition", "import", "value" (an assignment without calls), "computed"
        (another assignment), "block" (a condition, a loop) or "loose"; then come the names that it
        binds or changes, and the globals that it reads. Commands to the notebook, and what is no
        Python, are in none.
    """
    with warnings.catch_warnings(action="ignore"):
        return [list(_statements(source)) for source in sources]


def _statements(source: str) -> Iterator[list[Any]]:
    lines = [_without_command(line) for line in source.split("\n")]
    for first, tree in _parsed(lines):
        for node in tree.body:
            decorators = getattr(node, "decorator_list", [])
            start = min([node.lineno, *(each.lineno for each in decorators)])
            end = node.end_lineno or node.lineno
            first_line, last_line = first + start - 1, first + end - 1
            text = "\n".join(lines[first_line - 1 : last_line])
            yield [first_line, last_line, _kind(node), sorted(_bound(node)), sorted(_read(text))]


def _without_command(line: str) -> str:
    return "" if line.startswith(("%", "!", "?")) else line


def _parsed(lines: list[str]) -> Iterator[tuple[int, ast.Module]]:
    """Yield the parts that can be parsed, as large as possible, each with its first line."""
    whole = _tree("\n".join(lines))
    if whole is not None:
        yield 1, whole
        return
    starts = [n for n, line in enumerate(lines) if _begins(line)][:_MOST_BLOCKS]
    ends = [*starts[1:], len(lines)]
    number = 0
    while number < len(starts):
        for last in range(number, min(number + _LONGEST_WAIT, len(starts))):
            tree = _tree("\n".join(lines[starts[number] : ends[last]]))
            if tree is not None:
                yield starts[number] + 1, tree
                number = last
                break
        number += 1


def _begins(line: str) -> bool:
    return bool(line.strip()) and line[0] not in " \t)]}#"


def _tree(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _kind(node: ast.stmt) -> str:
    if isinstance(node, _DEFINITIONS):
        return "definition"
    if isinstance(node, _IMPORTS):
        return "import"
    if isinstance(node, _ASSIGNMENTS):
        calls = any(isinstance(each, (ast.Call, ast.Await)) for each in ast.walk(node))
        return "computed" if calls else "value"
    return "block" if isinstance(node, _BLOCKS) else "loose"


def _bound(node: ast.stmt) -> set[str]:
    """Return the names of the module that a statement binds or changes, its blocks included."""
    found: set[str] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, _DEFINITIONS):
            found.add(each.name)
        elif isinstance(each, _IMPORTS):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in each.names}
        elif not isinstance(each, _SCOPES):
            found |= _changed(each)
            waiting += ast.iter_child_nodes(each)
    return found


def _changed(node: ast.AST) -> set[str]:
    """Return the name that is bound here, or whose entry, attribute or content is changed."""
    if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)):
        place: ast.AST | None = node if isinstance(node.ctx, ast.Store) else None
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        place = node.value.func if isinstance(node.value.func, ast.Attribute) else None
    else:
        place = None
    while isinstance(place, (ast.Subscript, ast.Attribute)):
        place = place.value
    return {place.id} if isinstance(place, ast.Name) else set()


def _read(text: str) -> set[str]:
    try:
        return set(_globals_of(symtable.symtable(text, "cell", "exec")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def _globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    at_top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or at_top):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals_of(child)
