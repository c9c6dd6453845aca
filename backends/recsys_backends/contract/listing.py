"""The list of clauses in ``docs/contract.md``."""

from __future__ import annotations

from recsys_backends.contract.catalogue import CLAUSES, VERSION
from recsys_backends.contract.clause import Clause, Level
from recsys_backends.protocol import OPS


def clause_list() -> str:
    """Return all clauses as Markdown, by level and op, in the order in which a check runs them."""
    parts = [f"Version {VERSION}, {len(CLAUSES)} clauses.\n"]
    levels: tuple[Level, ...] = ("lesson", "engine")
    for level in levels:
        parts.append(f'### Level "{level}"\n')
        for op in OPS:
            chosen = [item for item in CLAUSES if item.op == op and item.level == level]
            parts += [f"`{op}`\n", "\n".join(map(_line, chosen)) + "\n"]
    return "\n".join(parts)


def _line(item: Clause) -> str:
    """Return one clause as an item of a list: its name, its conditions, its first sentence."""
    about = [
        *(
            ["batched" if "batched" in item.orders else "sequential"]
            if len(item.orders) < 2
            else []
        ),
        *(kind.__name__ for kind in item.samplers),
        *(["blocks"] if item.tiles else []),
        *(["long"] if item.long else []),
    ]
    first = (item.__doc__ or "").strip().split("\n\n")[0]
    words = f" ({', '.join(about)})" if about else ""
    return f"- `{item.name}`{words}: {' '.join(first.split())}"
