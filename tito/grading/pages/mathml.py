"""Turn TeX formulas into MathML, which browsers draw without a script or a network.

Scripts, fractions, roots, accents, fonts, growing brackets, matrices and aligned lines are
understood. No link, style or attribute is ever made from the text of a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Final

from recsys_backends.errors import RecsysError
from tito.grading.pages.mathml_symbols import (
    ACCENTS,
    FUNCTIONS,
    LETTERS,
    LIMITS,
    OPERATORS,
    SPACES,
    in_font,
)

_TOKEN: Final = re.compile(r"\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_FONTS: Final = frozenset({"mathbf", "boldsymbol", "bm", "mathbb", "mathcal", "mathit", "mathsf"})
_TEXTS: Final = frozenset({"text", "textrm", "textbf", "textit", "mathrm", "mathtt", "texttt"})
_BIG: Final = re.compile(r"\\[bB]igg?[lrm]?")
_BRACKETS: Final = {
    "pmatrix": ("(", ")"), "bmatrix": ("[", "]"), "vmatrix": ("|", "|"), "cases": ("{", ""),
}  # fmt: skip
_TABLES: Final = frozenset({*_BRACKETS, "matrix", "array", "aligned", "align", "gathered", "split"})
_PLAIN: Final = frozenset({"equation", "gather", "displaymath"})
MAX_LENGTH: Final = 4_000
_MAX_DEPTH: Final = 80
"""Number of elements within one another; a pair of braces counts twice."""


class MathError(RecsysError, ValueError):
    """A formula with an unknown command, or one that is too long or too deep."""


def mathml(tex: str, *, display: bool = False) -> str:
    """Turn a formula into a ``<math>`` element.

    Raises:
        MathError: it is too long or too deep, or has an unknown command or environment.
    """
    if len(tex) > MAX_LENGTH:
        raise MathError("the formula is too long.")
    parser = _Parser(_TOKEN.findall(re.sub(r"(?<!\\)%.*", "", tex)), display)
    row = parser.row(())
    kind = "block" if display else "inline"
    return f'<math display="{kind}">{_group(row)}</math>'


class _Parser:
    """A parser that reads a formula from left to right, one method per kind of element."""

    def __init__(self, tokens: list[str], display: bool) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._display = display

    def row(self, ends: tuple[str, ...]) -> list[str]:
        """Read elements up to one of these tokens, which is not read, or up to the end."""
        found = []
        with self._deeper():
            while (token := self._peek()) and token not in ends:
                if token in ("}", "&", "\\\\", "\\right", "\\end"):
                    raise MathError(f"{token} has no beginning.")
                found.append(self._with_scripts())
        return found

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Run a block that reads an element inside of another."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise MathError("the formula is too deep.")
        yield
        self._depth -= 1

    def _peek(self) -> str:
        while self._at < len(self._tokens) and self._tokens[self._at].isspace():
            self._at += 1
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise MathError("the formula ends too early.")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise MathError(f"{token} is missing.")

    def _with_scripts(self) -> str:
        limits = self._peek().lstrip("\\") in LIMITS
        base = "<mrow></mrow>" if self._peek() in ("^", "_") else self._atom()
        scripts: dict[str, str] = {}
        while (token := self._peek()) in ("^", "_", "'"):
            self._next()
            if token == "'":
                token, script = "^", "<mo>′</mo>"
                while self._peek() == "'":
                    self._next()
                    script += "<mo>′</mo>"
                script = _group([script])
            else:
                script = self._argument()
            if token in scripts:
                script = _group([scripts[token], script])
            scripts[token] = script
        return _scripted(base, scripts, limits and self._display)

    def _argument(self) -> str:
        token = self._peek()
        if token[:1].isdigit() and len(token) > 1:  # of 12, TeX takes the 1
            self._tokens[self._at : self._at + 1] = list(token)
        return self._atom()

    def _atom(self) -> str:
        with self._deeper():
            return self._element()

    def _element(self) -> str:
        token = self._next()
        if token == "{":
            found = self.row(("}",))
            self._expect("}")
            return _group(found)
        if token.startswith("\\"):
            return self._command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{escape(token)}</mi>"
        if token == "~":
            return '<mspace width="0.33em"/>'
        if token in "^_&#$%":
            raise MathError(f"{token} cannot stand here.")
        return f"<mo{_still(token)}>{escape({'-': '−', '*': '∗'}.get(token, token))}</mo>"

    def _command(self, name: str) -> str:
        for table, make in _SIMPLE:
            if name in table:
                return make(table[name])
        if name in FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in ACCENTS:
            over = f'<mo stretchy="{str(ACCENTS[name][1]).lower()}">{ACCENTS[name][0]}</mo>'
            tag = "munder" if name in ("underline", "underbrace") else "mover"
            inner = f'<{tag} accent="true">{self._argument()}{over}</{tag}>'
            return self._braced(inner, name)
        if name in _FONTS:
            return in_font(name, self._argument())
        if name in _TEXTS:
            return f"<mtext>{escape(self._words())}</mtext>"
        if _BIG.fullmatch(f"\\{name}"):
            return f'<mo stretchy="true">{self._delimiter()}</mo>'
        method = _STRUCTURES.get(name.rstrip("*"))
        if method is None:
            raise MathError(f"\\{name} is not known.")
        return method(self)

    def _braced(self, inner: str, name: str) -> str:
        """Put a brace's label below or above it, not beside it."""
        script = {"underbrace": ("_", "munder"), "overbrace": ("^", "mover")}.get(name)
        if script is None or self._peek() != script[0]:
            return inner
        self._next()
        return f"<{script[1]}>{inner}{self._argument()}</{script[1]}>"

    def _words(self) -> str:
        """Read the text between braces."""
        self._expect("{")
        found, depth = "", 1
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return re.sub(r"\s+", "\N{NO-BREAK SPACE}", found)
            if token[0] == "\\":
                token = " " if token in SPACES or token[1].isspace() else token[1:]
            found += "" if token in "{}$" else token
        raise MathError("} is missing.")

    def _delimiter(self) -> str:
        token = self._next()
        if token.startswith("\\"):
            found = OPERATORS.get(token[1:])
            if found is None:
                raise MathError(f"{token} is no bracket.")
            return escape(found)
        return "" if token == "." else escape(token)

    def _fraction(self) -> str:
        return f"<mfrac>{self._argument()}{self._argument()}</mfrac>"

    def _binomial(self) -> str:
        inner = f'<mfrac linethickness="0">{self._argument()}{self._argument()}</mfrac>'
        return f"<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>"

    def _root(self) -> str:
        if self._peek() != "[":
            return f"<msqrt>{self._argument()}</msqrt>"
        self._next()
        index = _group(self.row(("]",)))
        self._expect("]")
        return f"<mroot>{self._argument()}{index}</mroot>"

    def _operator(self) -> str:
        return f"<mi>{escape(self._words())}</mi>"

    def _under(self) -> str:
        below = self._argument()
        return f"<munder>{self._argument()}{below}</munder>"

    def _over(self) -> str:
        above = self._argument()
        return f"<mover>{self._argument()}{above}</mover>"

    def _fence(self) -> str:
        left = self._delimiter()
        inner = self.row(("\\right",))
        self._expect("\\right")
        return _fenced(left, "".join(inner), self._delimiter())

    def _environment(self) -> str:
        name = self._words().rstrip("*")
        if name in _PLAIN:
            inner = _group(self.row(("\\end",)))
        elif name in _TABLES:
            if name == "array":
                self._words()
            inner = self._table(name)
        else:
            raise MathError(f"{name} is no known environment.")
        self._expect("\\end")
        if self._words().rstrip("*") != name:
            raise MathError(f"the end of {name} is missing.")
        return inner

    def _table(self, name: str) -> str:
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(f"<mtd>{_group(self.row(('&', _LINE, _END)))}</mtd>")
            token = self._peek()
            if token not in ("&", _LINE):
                break
            self._next()
            if token == _LINE:
                rows.append([])
        body = "".join(f"<mtr>{''.join(cells)}</mtr>" for cells in rows)
        kind = {"cases": "left", "aligned": "aligned", "align": "aligned", "split": "aligned"}
        table = f'<mtable class="math-{kind.get(name, "center")}">{body}</mtable>'
        left, right = _BRACKETS.get(name, ("", ""))
        return _fenced(left, table, right) if left else table

    def _ignored(self) -> str:
        return "<mrow></mrow>"


_LINE, _END = "\\\\", "\\end"
_SIMPLE: Final[tuple[tuple[dict[str, str], Callable[[str], str]], ...]] = (
    (LETTERS, lambda text: f"<mi>{text}</mi>"),
    (OPERATORS, lambda text: f"<mo{_still(text)}>{escape(text)}</mo>"),
    (SPACES, lambda width: f'<mspace width="{width}"/>'),
)
_STRUCTURES: Final[dict[str, Callable[[_Parser], str]]] = {
    "frac": _Parser._fraction, "tfrac": _Parser._fraction, "dfrac": _Parser._fraction,
    "binom": _Parser._binomial, "sqrt": _Parser._root, "operatorname": _Parser._operator,
    "underset": _Parser._under, "overset": _Parser._over, "left": _Parser._fence,
    "begin": _Parser._environment, "displaystyle": _Parser._ignored, "limits": _Parser._ignored,
    "nonumber": _Parser._ignored,
}  # fmt: skip


def _group(elements: list[str]) -> str:
    return elements[0] if len(elements) == 1 else f"<mrow>{''.join(elements)}</mrow>"


def _fenced(left: str, inner: str, right: str) -> str:
    def fence(text: str) -> str:
        return f'<mo stretchy="true" fence="true">{text}</mo>' if text else ""

    return f"<mrow>{fence(left)}{inner}{fence(right)}</mrow>"


def _still(text: str) -> str:
    """Return the attribute that keeps a bracket from growing, as in TeX."""
    return ' stretchy="false"' if text in "()[]{}|‖⟨⟩⌊⌋⌈⌉/" else ""


def _scripted(base: str, scripts: dict[str, str], limits: bool) -> str:
    below, above = ("munder", "mover") if limits else ("msub", "msup")
    if len(scripts) == 2:
        tag = "munderover" if limits else "msubsup"
        return f"<{tag}>{base}{scripts['_']}{scripts['^']}</{tag}>"
    for sign, tag in (("_", below), ("^", above)):
        if sign in scripts:
            return f"<{tag}>{base}{scripts[sign]}</{tag}>"
    return base
