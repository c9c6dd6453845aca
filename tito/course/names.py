"""Names that a piece of code defines, and names that it needs from elsewhere."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator, Set
from dataclasses import dataclass

_ALWAYS_THERE = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__"}


@dataclass(frozen=True)
class Definition:
    """Name with the line, counted from 1, in which it stands."""

    name: str
    line: int


def defined_at_top(tree: ast.Module) -> dict[str, int]:
    """Return the names bound at a module's top level, blocks included, each with its first line."""
    found: dict[str, int] = {}
    for node in _outside_of_functions(tree):
        for name in _bound_by(node):
            found.setdefault(name, getattr(node, "lineno", 1))
    for node in ast.walk(tree):  # what a function makes global is defined at the top too
        if isinstance(node, ast.Global):
            for name in node.names:
                found.setdefault(name, node.lineno)
    return found


def undefined_names(source: str, tree: ast.Module, known: Set[str]) -> list[Definition]:
    """Return the globals that code reads and that are neither known nor built in, by line.

    An ``import *`` is reported as the name ``*``: what it brings cannot be known.
    """
    top = symtable.symtable(source, "cell", "exec")
    needed = set(_global_reads(top)) - known - _ALWAYS_THERE
    found = [
        Definition("*", node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    for name in needed:
        lines = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
        found.append(Definition(name, min(lines, default=1)))
    return sorted(found, key=lambda use: use.line)


def _global_reads(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        at_top = table.get_type() == "module"
        if symbol.is_referenced() and (symbol.is_global() or at_top):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_reads(child)


def _outside_of_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module does: not the insides of functions and classes."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _outside_of_functions(child)


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif (isinstance(node, ast.ExceptHandler) and node.name) or (
        isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name
    ):
        yield node.name
