"""``tito recommend``: recommend by an exported model, without the libraries that trained it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from recsys_edu.features import Features
    from recsys_edu.models.feature_encoding import FeatureEncoder
    from recsys_edu.recommendations import Recommendations


@click.command("recommend")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("users", nargs=-1, metavar="USER...")
@click.option("-k", default=10, show_default=True, help="Items for each user, at most.")
@click.option(
    "--features",
    metavar="JSON",
    help="Recommend to a user whom MODEL does not know, such as "
    '\'{"age": 31, "occupation": "artist"}\'.',
)
def command(model: Path, users: tuple[str, ...], k: int, features: str | None) -> None:
    """List the best items for each USER by MODEL, a file of `tito export-model`.

    Each line has a user, an item and its score, separated by tabs; the best item comes first.
    """
    if bool(users) == (features is not None):
        raise click.UsageError("Give either USER... or --features.")
    from recsys_edu.serving.ranker import Ranker

    ranker = Ranker(model)
    if features is None:
        found = ranker.recommend(_as_ids(users, ranker.user_ids.dtype.kind), k)
    else:
        users = ("-",)
        found = ranker.recommend_to(_as_features(features, ranker.encoder), k)
    _print(users, found)


def _print(users: Sequence[str], found: Recommendations) -> None:
    for user, items, scores in zip(users, *found, strict=True):
        for item, score in zip(items.tolist(), scores.tolist(), strict=True):
            click.echo(f"{user}\t{item}\t{score:.6g}")


def _as_ids(given: Sequence[str], kind: str) -> list[str] | list[int]:
    """Convert words to ids of this kind; return them as they are if they cannot be converted."""
    try:
        return [int(word) for word in given] if kind == "i" else list(given)
    except ValueError:
        return list(given)


def _as_features(text: str, encoder: FeatureEncoder | None) -> Features:
    """Read features from a JSON object, each as the kind that the model was trained on."""
    from recsys_edu.features import Features

    try:
        described = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"--features takes a JSON object: {error}.") from None
    if not isinstance(described, dict) or not described:
        raise click.BadParameter(
            f"--features takes a JSON object of names and values, not {text!r}."
        )
    kinds = {} if encoder is None else encoder.kinds
    columns: dict[str, dict[str, Any]] = {"categorical": {}, "numeric": {}, "multi-hot": {}}
    for name, value in described.items():
        columns[kinds.get(name, "categorical")][name] = [value]
    return Features([0], **{kind.replace("-", "_"): column for kind, column in columns.items()})
