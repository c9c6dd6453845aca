"""The page about the contract lists the clauses as they are."""

from __future__ import annotations

from pathlib import Path

from recsys_backends.contract import CLAUSES
from recsys_backends.contract.listing import clause_list

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"


def test_the_page_lists_every_clause_by_level() -> None:
    listed = PAGE.read_text().partition("<!-- clauses -->")[2].strip()
    assert listed == clause_list().strip(), "write `python -m recsys_backends.contract` into it"
    assert all(f"- `{clause.name}`" in listed for clause in CLAUSES)
    assert all(clause.__doc__ for clause in CLAUSES)
