"""Arrows point down only: tito → recsys_edu → recsys_backends; naive stands on next to nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import recsys_backends
import recsys_edu
import tito

ROOTS = {
    package.__name__: Path(package.__path__[0]) for package in (recsys_backends, recsys_edu, tito)
}
MAY_IMPORT = {
    "recsys_backends": {"recsys_backends"},
    "recsys_edu": {"recsys_backends", "recsys_edu"},
    "tito": {"recsys_backends", "recsys_edu", "tito"},
}
NAIVE_STANDS_ON = {"recsys_backends.protocol", "recsys_backends.random", "recsys_backends.plan"}


def sources(package: str) -> list[Path]:
    root = ROOTS[package]
    return sorted(path for path in root.rglob("*") if path.suffix in {".py", ".pyi", ".pyx"})


def imported_by(path: Path, package: str, text: str | None = None) -> Iterator[str]:
    """Dotted names of what a file imports; of ``from a import b`` both ``a`` and ``a.b``."""
    text = path.read_text(encoding="utf-8") if text is None else text
    if path.suffix == ".pyx":  # not Python; its imports are
        lines = (line.strip() for line in text.splitlines())
        text = "\n".join(line for line in lines if line.startswith(("import ", "from ")))
        text = text.replace("cimport", "import")
    here = (package, *path.relative_to(ROOTS[package]).parent.parts)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("package", ROOTS)
def test_arrows_point_down_only(package: str) -> None:
    ours = set(ROOTS)
    wrong = [
        f"{path.name} imports {name}"
        for path in sources(package)
        for name in imported_by(path, package)
        if name.split(".")[0] in ours - MAY_IMPORT[package]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("package", "imports"),
    [
        ("tito", "recsys_edu.race"),
        ("recsys_edu", "recsys_backends.ops"),
        ("recsys_backends", "recsys_backends.plan"),
    ],
)
def test_the_arrows_that_are_there_are_seen(package: str, imports: str) -> None:
    """Otherwise the test above could not fail."""
    assert len(sources(package)) > 3
    assert any(imports in imported_by(path, package) for path in sources(package))


def test_every_way_of_importing_is_seen() -> None:
    path = ROOTS["recsys_edu"] / "models" / "example.py"
    text = (
        "import tito.main\n"
        "from tito import a\n"
        "from . import b\n"
        "from ..race import c\n"
        "def late():\n    from .d import e\n"
    )
    assert set(imported_by(path, "recsys_edu", text)) == {
        *("tito.main", "tito", "tito.a"),
        *("recsys_edu.models", "recsys_edu.models.b"),
        *("recsys_edu.race", "recsys_edu.race.c"),
        *("recsys_edu.models.d", "recsys_edu.models.d.e"),
    }


def naive_may_import(name: str) -> bool:
    return name.split(".")[0] in {*sys.stdlib_module_names, "numpy"} or any(
        name == allowed or name.startswith(allowed + ".")
        for allowed in (*NAIVE_STANDS_ON, "recsys_backends.naive")
    )


def test_naive_imports_only_what_a_learner_may() -> None:
    files = [path for path in sources("recsys_backends") if "naive" in path.parts]
    assert len(files) > 3
    found = {name for path in files for name in imported_by(path, "recsys_backends")}
    assert "numpy" in found
    assert found & NAIVE_STANDS_ON
    assert [name for name in sorted(found) if not naive_may_import(name)] == []
    assert not naive_may_import("recsys_backends.optimized")
    assert not naive_may_import("recsys_backends")
    assert not naive_may_import("recsys_backends.planning")


def test_backends_do_not_import_one_another() -> None:
    families = ("naive", "optimized", "torch")
    for path in sources("recsys_backends"):
        own = path.relative_to(ROOTS["recsys_backends"]).parts[0]
        if own not in families:
            continue
        others = {f"recsys_backends.{family}" for family in families if family != own}
        for name in imported_by(path, "recsys_backends"):
            assert not any(name == o or name.startswith(o + ".") for o in others), (path, name)
