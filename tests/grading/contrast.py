"""Contrast of colours, as WCAG 2 defines it."""

from __future__ import annotations

AA = 4.5
"""Least contrast of text of ordinary size at level AA."""


def contrast(first: str, second: str) -> float:
    """Contrast of two colours ``#rrggbb``, from 1 to 21."""
    lighter, darker = sorted(map(luminance, (first, second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of a colour, from 0 to 1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
