"""No module needs another one that needs it, not even by an import inside a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import recsys_backends
import recsys_edu
import tito
from tests.recsys_edu.test_layers import imported_by

ROOTS = [Path(package.__path__[0]) for package in (recsys_backends, recsys_edu, tito)]


class WithoutTypeChecking(ast.NodeTransformer):
    """Leaves out what only type checkers import."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def modules() -> dict[str, Path]:
    return {
        ".".join((root.name, *path.relative_to(root).with_suffix("").parts)): path
        for root in ROOTS
        for path in sorted(root.rglob("*.py"))
    }


def imports() -> dict[str, set[str]]:
    """For each module the modules that it imports; packages' own ``__init__`` are left out."""
    found = modules()
    graph = {}
    for name, path in found.items():
        tree = WithoutTypeChecking().visit(ast.parse(path.read_text(encoding="utf-8")))
        text = ast.unparse(ast.fix_missing_locations(tree))
        named = imported_by(path, name.split(".")[0], text)
        graph[name] = {other for other in named if other in found and other != name}
    return graph


def circles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """Each way that leads from a module back to itself; one for each module on it."""
    for start in graph:
        before: dict[str, str] = {}
        todo = [start]
        while todo:
            here = todo.pop()
            for there in graph[here]:
                if there == start:
                    way = [here]
                    while way[-1] != start:
                        way.append(before[way[-1]])
                    yield way[::-1]
                    todo = []
                    break
                if there not in before:
                    before[there] = here
                    todo.append(there)


def test_there_is_no_circle() -> None:
    assert list(circles(imports())) == []


def test_a_circle_would_be_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}
    assert sorted(min(way) for way in circles(graph)) == ["a", "a", "a"]
    graph = imports()
    assert "recsys_edu.datasets.download" in graph["recsys_edu.datasets._dataset"]
    graph["recsys_edu.datasets.download"].add("recsys_edu.datasets._dataset")
    assert len(list(circles(graph))) == 2
