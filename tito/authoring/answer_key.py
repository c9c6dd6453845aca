"""The op cells of the lessons as the files of ``recsys_backends/naive``."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from recsys_backends.protocol import OPS
from recsys_edu.artefacts.cell import is_cython
from tito.authoring.source import BEGIN_SOLUTION, END_SOLUTION, AuthoringError, solution_cells
from tito.course.lessons import Lesson
from tito.course.notebook import OP

EXTENDED: Final = "extended"
"""The package of naive whose ops are written by hand."""
_PACKAGE: Final = "recsys_backends.naive"
_MARKERS: Final = (BEGIN_SOLUTION, END_SOLUTION)
_ATTRIBUTES: Final = ("order", "samplers")


def answer_key(lesson: Lesson) -> str:
    """Return the op cells as a perfect learner would export them; empty where there are none.

    Cells in Cython are left out: ``naive`` is plain Python, to be read.
    """
    cells = [cell for cell in solution_cells(lesson) if OP in cell.tags]
    sources = [cell.source for cell in cells if not is_cython(cell.source)]
    if not sources:
        return ""
    header = (
        f'"""{lesson.about().title}: the answers of lesson {lesson.number:02}.\n\n'
        f"Written by `tito dev build` from modules/{lesson.id}/{lesson.id}.py; change it there.\n"
        '"""\n'
    )
    imports, *functions = map(_without_markers, sources)
    return header + "\n" + "\n\n\n".join([imports, *functions]) + "\n"


def answer_package(keys: Mapping[str, str], extended: Collection[str] = ()) -> str:
    """Return the ``__init__.py`` of naive.

    Args:
        keys: the text of each lesson's answer key, by the lesson's name.
        extended: names that ``extended`` defines: ops that it takes from a lesson and goes beyond.

    Raises:
        AuthoringError: two lessons own one op.
    """
    owners: dict[str, str] = {}
    for name, text in keys.items():
        for op in sorted(_ops_in(text)):
            if op in owners:
                raise AuthoringError(
                    f"the lessons {owners[op]} and {name} both tag {op} as '{OP}'; one op has one "
                    "owner, so take the tag from one of them."
                )
            owners[op] = name
    modules: dict[str, list[str]] = {}
    for op in sorted(OPS):
        owner = EXTENDED if op in extended else owners.get(op, EXTENDED)
        modules.setdefault(owner, []).append(op)
    imports = "\n".join(
        f"from {_PACKAGE}.{module} import {', '.join(ops)}"
        for module, ops in sorted(modules.items())
    )
    names = "\n".join(f'    "{name}",' for name in sorted((*OPS, *_ATTRIBUTES)))
    return _PACKAGE_TEXT.format(imports=imports, extended=EXTENDED, names=names)


_PACKAGE_TEXT: Final = '''"""The answer key: every op in plain Python, to be read; a file a lesson.

Written by `tito dev build` from the lessons' op cells; `{extended}` is written by hand.
"""

from typing import Final

{imports}
from recsys_backends.plan import SAMPLERS
from recsys_backends.protocol import Order

__all__ = [
{names}
]

order: Final[Order] = "sequential"
samplers: Final = SAMPLERS
'''


def names_offered(package: str) -> set[str]:
    """Return the names in ``__all__`` of a package's ``__init__.py``, given as text."""
    for node in ast.parse(package).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _ops_in(text: str) -> set[str]:
    defined = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    return defined.intersection(OPS)


def _without_markers(source: str) -> str:
    lines: Sequence[str] = source.splitlines()
    return "\n".join(line for line in lines if line.strip() not in _MARKERS).strip("\n")
