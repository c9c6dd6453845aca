"""Winnowing: a few fingerprints of a text, of which two texts share some if they share a passage.

Source: Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting",
SIGMOD 2003. Every passage of at least ``length + window - 1`` tokens that two texts share gives
them a fingerprint in common, and none that is shorter than ``length`` does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def fingerprints(tokens: Sequence[str], *, length: int, window: int) -> dict[int, list[int]]:
    """Return the fingerprints of a text, and the places where each begins.

    Args:
        tokens: tokens of the text.
        length: number of tokens in each passage that is hashed.
        window: number of passages in a row of which the one with the least hash is chosen; the last
            of equals.

    Returns:
        Indices of tokens by hash (64 bits). A text of at least ``length`` tokens has one.
    """
    hashes = [_hash(tokens[start : start + length]) for start in range(len(tokens) - length + 1)]
    found: dict[int, list[int]] = {}
    chosen = -1
    for start in range(max(1, len(hashes) - window + 1) if hashes else 0):
        here = range(start, min(start + window, len(hashes)))
        least = min(here, key=lambda at: (hashes[at], -at))
        if least != chosen:
            chosen = least
            found.setdefault(hashes[least], []).append(least)
    return found


def _hash(tokens: Sequence[str]) -> int:
    """Return a hash that is the same in every process."""
    joined = "\0".join(tokens).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "big")
