"""A kernel that is the answer key's own source with an edit, so that nothing else differs."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

from recsys_backends import naive
from tests.contract.twins import numpy_engine

modules = {
    name.rpartition(".")[2]: sys.modules[f"recsys_backends.naive.{name}"]
    for name in (
        "bpr", "factorization", "neighbors", "extended.candidates", "extended.draw_negative",
        "backends", "extended.plan_epoch", "parallel",
    )
}  # fmt: skip
used_by = {
    "candidates": ("candidates_of_blocks", "plan_epoch"),
    "draw_negative": ("draw_negative", "plan_epoch"),
    "parallel": ("parallel", "plan_epoch"),
}
"""Function that a file gives to another file, or the file itself, and that other file."""


@dataclass(frozen=True)
class BrokenKernel:
    """An edit to one file of the answer key, and the clause that has to notice."""

    name: str
    op: str
    file: str
    before: str
    after: str
    caught_by: str
    also: tuple[tuple[str, str], ...] = ()
    """Further edits to the same file."""

    def backend(self) -> SimpleNamespace:
        """A backend with this op alone, broken."""
        file, edited = self.file, _edited(modules[self.file], (self.before, self.after), *self.also)
        while file in used_by:  # a helper of the op: put the broken one under it
            helper, file = used_by[file]
            user = _edited(modules[file])
            setattr(user, helper, getattr(edited, helper, edited))
            edited = user
        return SimpleNamespace(
            name=self.name,
            order=naive.order,
            samplers=naive.samplers,
            **{self.op: getattr(edited, self.op)},
        )


def _edited(module: ModuleType, *edits: tuple[str, str]) -> ModuleType:
    """A copy of a module with pieces of its source replaced."""
    source = inspect.getsource(module)
    for before, after in edits:
        if source.count(before) != 1:
            raise ValueError(f"{before!r} occurs {source.count(before)} times in {module.__name__}")
        source = source.replace(before, after)
    copy = ModuleType(module.__name__)
    exec(compile(source, f"<broken {module.__name__}>", "exec"), copy.__dict__)
    return copy


@dataclass(frozen=True)
class BrokenTwin:
    """An edit to the twin in NumPy."""

    name: str
    before: str
    after: str

    def backend(self) -> ModuleType:
        """Return the twin with the edit."""
        return _edited(numpy_engine, (self.before, self.after))
