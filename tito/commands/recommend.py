"""``tito recommend``: what an exported model recommends, without what trained it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click


@click.command("recommend")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("users", nargs=-1, required=True, metavar="USER...")
@click.option("-k", default=10, show_default=True, help="Items for each user, at most.")
def command(model: Path, users: tuple[str, ...], k: int) -> None:
    """List the best items for each USER by MODEL, a file of `tito export-model`.

    Each line is a user, an item and its score, with tabs between; a user's best item comes first.
    """
    from recsys_edu.serving.ranker import Ranker

    ranker = Ranker(model)
    found = ranker.recommend(_as_ids(users, ranker.user_ids.dtype.kind), k)
    for user, items, scores in zip(users, *found, strict=True):
        for item, score in zip(items.tolist(), scores.tolist(), strict=True):
            click.echo(f"{user}\t{item}\t{score:.6g}")


def _as_ids(given: Sequence[str], kind: str) -> list[str] | list[int]:
    """Words as the ids that they stand for; as they are, where they cannot stand for any."""
    try:
        return [int(word) for word in given] if kind == "i" else list(given)
    except ValueError:
        return list(given)
