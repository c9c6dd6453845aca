"""TeX's names and the characters that they stand for."""

from __future__ import annotations

import re
from typing import Final

LETTERS: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda":
    "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma":
    "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi":
    "Φ", "Psi": "Ψ", "Omega": "Ω", "infty": "∞", "partial": "∂", "nabla": "∇", "ell": "ℓ",
    "emptyset": "∅", "top": "⊤", "bot": "⊥", "hbar": "ℏ",
}  # fmt: skip
OPERATORS: Final = {
    "cdot": "⋅", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "ne": "≠", "neq": "≠", "lt": "<", "gt": ">", "ll": "≪", "gg": "≫", "approx": "≈",
    "sim": "∼", "simeq": "≃", "equiv": "≡", "propto": "∝", "in": "∈", "notin": "∉", "ni": "∋",
    "subset": "⊂", "subseteq": "⊆", "supset": "⊃", "supseteq": "⊇", "cap": "∩", "cup": "∪",
    "setminus": "∖", "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨", "neg": "¬", "forall": "∀",
    "exists": "∃", "to": "→", "rightarrow": "→", "leftarrow": "←", "gets": "←", "mapsto": "↦",
    "Rightarrow": "⇒", "implies": "⟹", "Leftarrow": "⇐", "iff": "⟺", "Leftrightarrow": "⇔",
    "leftrightarrow": "↔", "uparrow": "↑", "downarrow": "↓", "sum": "∑", "prod": "∏", "int": "∫",
    "bigcup": "⋃", "bigcap": "⋂", "dots": "…", "ldots": "…", "cdots": "⋯", "vdots": "⋮",
    "ddots": "⋱", "circ": "∘", "ast": "∗", "star": "⋆", "odot": "⊙", "otimes": "⊗", "oplus": "⊕",
    "mid": "∣", "parallel": "∥", "perp": "⊥", "prime": "′", "colon": ":", "|": "‖", "Vert": "‖",
    "lVert": "‖", "rVert": "‖", "vert": "|", "lvert": "|", "rvert": "|", "langle": "⟨",
    "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "lbrace": "{",
    "rbrace": "}", "backslash": "\\", "{": "{", "}": "}", "#": "#", "_": "_", "%": "%", "&": "&",
    "$": "$", "bmod": "mod",
}  # fmt: skip
FUNCTIONS: Final = frozenset({
    "arg", "cos", "cosh", "deg", "det", "dim", "exp", "gcd", "inf", "ker", "lg", "lim", "ln", "log",
    "max", "min", "Pr", "sin", "sinh", "sup", "tan", "tanh",
})  # fmt: skip
LIMITS: Final = frozenset(
    {"sum", "prod", "bigcup", "bigcap", "lim", "max", "min", "sup", "inf", "arg", "det", "Pr"}
)
"""Operators with scripts below and above them, if there is room."""
SPACES: Final = {
    ",": "0.17em", ":": "0.22em", ">": "0.22em", ";": "0.28em", "!": "-0.17em", " ": "0.33em",
    "\n": "0.33em", "quad": "1em", "qquad": "2em",
}  # fmt: skip
ACCENTS: Final = {
    "bar": ("¯", False), "overline": ("¯", True), "hat": ("^", False), "widehat": ("^", True),
    "tilde": ("~", False), "widetilde": ("~", True), "vec": ("→", False), "dot": ("˙", False),
    "ddot": ("¨", False), "underline": ("_", True), "underbrace": ("⏟", True),
    "overbrace": ("⏞", True),
}  # fmt: skip
"""Each with whether it grows with what it stands over."""
_OUTSIDE: Final = {
    ("mathcal", "B"): "ℬ", ("mathcal", "E"): "ℰ", ("mathcal", "F"): "ℱ", ("mathcal", "H"): "ℋ",
    ("mathcal", "I"): "ℐ", ("mathcal", "L"): "ℒ", ("mathcal", "M"): "ℳ", ("mathcal", "R"): "ℛ",
    ("mathcal", "e"): "ℯ", ("mathcal", "g"): "ℊ", ("mathcal", "o"): "ℴ", ("mathbb", "C"): "ℂ",
    ("mathbb", "H"): "ℍ", ("mathbb", "N"): "ℕ", ("mathbb", "P"): "ℙ", ("mathbb", "Q"): "ℚ",
    ("mathbb", "R"): "ℝ", ("mathbb", "Z"): "ℤ",
}  # fmt: skip
"""Letters that Unicode had before it had the rest of their alphabet."""
_ALPHABETS: Final = {
    "mathbf": 0x1D400, "boldsymbol": 0x1D468, "bm": 0x1D468, "mathbb": 0x1D538, "mathcal": 0x1D49C,
    "mathsf": 0x1D5A0,
}  # fmt: skip
_DIGITS: Final = {"mathbf": 0x1D7CE, "boldsymbol": 0x1D7CE, "bm": 0x1D7CE, "mathbb": 0x1D7D8}


def in_font(font: str, element: str) -> str:
    """MathML with its letters and digits in another alphabet."""

    def change(match: re.Match[str]) -> str:
        return match[1] + "".join(_letter(font, character) for character in match[2]) + match[3]

    return re.sub(r"(<m[in]>)([A-Za-z0-9.]+)(</m[in]>)", change, element)


def _letter(font: str, character: str) -> str:
    if (font, character) in _OUTSIDE:
        return _OUTSIDE[font, character]
    if character.isdigit():
        return chr(_DIGITS[font] + int(character)) if font in _DIGITS else character
    if font not in _ALPHABETS or not character.isalpha():
        return character
    first, offset = ("A", 0) if character.isupper() else ("a", 26)
    return chr(_ALPHABETS[font] + offset + ord(character) - ord(first))
