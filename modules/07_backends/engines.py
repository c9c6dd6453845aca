"""Right and wrong engines for the matrix product, on which a learner's ``agree`` is tried."""

from tito.judging.judged_tests import variants

REFERENCE = """
import numpy as np

def matmul(a, b):
    with np.errstate(all="ignore"):
        return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)
"""
_PLAIN = """
import numpy as np

n_calls, kept = 0, {}

def matmul(a, b):
    global n_calls
    n_calls += 1
    with np.errstate(all="ignore"):
        out = a @ b
    return out
"""
_PRODUCT = "        out = a @ b\n"
_RETURN = "    return out\n"


def _instead(lines: str) -> tuple[str, str]:
    return _PRODUCT, "".join(f"        {line}\n" for line in lines.split("\n"))


def _before_return(lines: str) -> tuple[str, str]:
    return _RETURN, "".join(f"    {line}\n" for line in lines.split("\n")) + _RETURN


RIGHT = {"reference": REFERENCE, "numpy": _PLAIN} | variants(
    _PLAIN,
    {
        "backwards": _instead("out = np.ascontiguousarray(a[:, ::-1]) @ b[::-1]"),
        "in two halves": _instead(
            "h = a.shape[1] // 2\nout = a[:, :h] @ b[:h]\nout = out + a[:, h:] @ b[h:]"
        ),
        "row by row": _instead(
            "out = np.zeros((len(a), b.shape[1]), np.float32)\n"
            "for l in range(len(b)):\n    out += a[:, l : l + 1] * b[l]"
        ),
    },
)
WRONG = variants(
    _PLAIN,
    {
        "transposed": _instead("out = np.ascontiguousarray((a @ b).T)"),
        "the last columns, beside blocks of 8": _before_return(
            "r = out.shape[1] % 8\nif r:\n    out[:, -r:] = 0"
        ),
        "an odd inner index": _instead("e = a.shape[1] - a.shape[1] % 2\nout = a[:, :e] @ b[:e]"),
        "half precision": _instead(
            "out = (a.astype(np.float16).astype(np.float32)) @ b.astype(np.float16)"
        ),
        "a thousandth too large": _before_return("out *= np.float32(1.001)"),
        "float64": _before_return("out = out.astype(np.float64)"),
        "magnitudes": _instead("out = a @ np.abs(b)"),
        "no number is zero": _before_return("out = np.nan_to_num(out, posinf=np.inf, neginf=-np.inf)"),
        "empty sums": _before_return("if a.shape[1] == 0:\n    out[:] = 1"),
        "no rows": _before_return("if len(a) == 0:\n    raise IndexError(0)"),
        "changes its argument": _before_return("b *= 2"),
        "keeps answers by shape": _before_return(
            "out = kept.setdefault((a.shape, b.shape), out)"
        ),
        "gets tired": _before_return("if n_calls > 20 and out.size:\n    out[-1, -1] += 1"),
        "clips": _before_return("out = np.clip(out, -1e6, 1e6).astype(np.float32)"),
        "tiny is zero": _before_return("out[np.abs(out) < 1e-20] = 0"),
    },
)  # fmt: skip
GROUPS = {
    "numbers": (
        "transposed", "the last columns, beside blocks of 8", "an odd inner index",
        "half precision", "a thousandth too large", "magnitudes",
    ),
    "form": ("float64", "empty sums", "no rows"),
    "values": ("no number is zero", "clips", "tiny is zero"),
    "effects": ("changes its argument", "keeps answers by shape", "gets tired"),
}  # fmt: skip
"""Wrong engines by what a test has to look at to catch them."""
