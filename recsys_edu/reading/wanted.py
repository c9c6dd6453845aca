"""The columns that a caller names, and those that the usual names in a header give away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from recsys_edu.errors import DataError
from recsys_edu.quoting import listed
from recsys_edu.reading.events import ColumnNames

USUAL_NAMES: Final = {
    "user": (
        *("user", "users", "userid", "uid", "username", "usersha1", "reviewer", "reviewerid"),
        *("listener", "customer", "customerid", "visitor", "visitorid", "member", "memberid"),
        *("person", "personid", "reader", "session", "sessionid", "profileid"),
    ),
    "item": (
        *("item", "items", "itemid", "iid", "movie", "movieid", "film", "filmid", "anime"),
        *("animeid", "book", "bookid", "isbn", "song", "songid", "track", "trackid", "artist"),
        *("artistid", "album", "albumid", "product", "productid", "parentasin", "asin", "sku"),
        *("business", "businessid", "gmapid", "game", "gameid", "articleid", "newsid", "recipeid"),
    ),
    "value": (
        *("value", "rating", "ratings", "stars", "score", "overall", "bookrating", "weight"),
        *("plays", "playcount", "count", "listens", "strength", "preference"),
    ),
    "timestamp": (
        *("timestamp", "timestamps", "time", "ts", "t", "date", "datetime", "when"),
        *("unixreviewtime", "createdat", "reviewtime", "unixtime", "eventtime"),
    ),
}
"""Names in lower case without anything but letters and digits, those that count first in front."""


class WantedNames(NamedTuple):
    """Names of columns that the caller gives; None for those to be found, "" for none."""

    user: str | None = None
    item: str | None = None
    value: str | None = None
    timestamp: str | None = None

    def among(self, path: Path, header: Sequence[str]) -> ColumnNames:
        """Return the names of the columns to read.

        Raises:
            DataError: no column, or more than one, looks like that of the users or of the items.
        """
        found: dict[str, str | None] = {}
        for role, given in self._asdict().items():
            candidates = [name for name in header if plain(name) in USUAL_NAMES[role]]
            candidates.sort(key=lambda name: USUAL_NAMES[role].index(plain(name)))
            found[role] = next(iter(candidates), None) if given is None else given or None
            if role in ("user", "item") and found[role] is None:
                raise DataError(
                    f"{path}: no column looks like that of the {role}s; name it with {role}=, one "
                    f"of {listed(header)}."
                )
        return ColumnNames(**found).checked()  # type: ignore[arg-type]


def plain(name: str) -> str:
    """Return a column's name in lower case, without RecBole's type and without punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.partition(":")[0].lower())


def looks_like_header(fields: Sequence[str]) -> bool:
    """Return true if some of the fields are usual names of columns."""
    usual = {name for names in USUAL_NAMES.values() for name in names}
    return any(plain(field) in usual for field in fields)
