"""Failures of calls to judged code."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from recsys_backends.errors import ContractViolation

MAX_MESSAGE: Final = 2000
"""Characters of a message: an answer may be quoted in it, and answers may be long."""


class LearnerError(ContractViolation):
    """The learner's function raised, hung, ended the process or returned what is no data."""

    def __init__(self, message: str) -> None:
        super().__init__(writable(message))


class Failure(StrEnum):
    """Kind of a call that brought no answer; it quotes nothing of the judged code."""

    MISSING = "missing"
    UNLOADABLE = "unloadable"
    UNBUILDABLE = "unbuildable"
    UNWRITTEN = "unwritten"
    RAISED = "raised"
    LATE = "late"
    ENDED = "ended"
    NO_DATA = "no data"
    CHANGED = "changed"
    CALLED_OFTEN = "called the handed functions too often"
    SENT_MUCH = "sent the handed functions too much"
    WAITED_LONG = "let the handed functions work too long"


def writable(text: str) -> str:
    """Return a text with question marks for lone surrogates: no file or terminal takes them."""
    return text.encode("utf-8", "replace").decode()


def sentence_about_error(reply: dict[str, Any]) -> str:
    """Describe a runner's ``raised`` reply as the end of a sentence."""
    raised, message, place = (_text_in(reply, name) for name in ("raised", "message", "place"))
    where = f" ({place})"[:200] if place else ""
    if reply.get("unwritten") is True:
        return f"is not written yet: it raises NotImplementedError{where}."
    told = f": {message}" if message else ""
    return f"raised {raised or 'an error'}{told}{where}."[:MAX_MESSAGE]


def _text_in(reply: dict[str, Any], name: str) -> str:
    """Return a text of a reply; empty for whatever else a forged one has in its place."""
    found = reply.get(name)
    return found if isinstance(found, str) else ""


def sentence_about_missing(name: str) -> str:
    """Say that there is no function of that name."""
    return f"your export has no function {name}."


def sentence_about_lateness(name: str, seconds: float, waited: float = 0.0) -> str:
    """Say that a call took longer than its limit.

    Args:
        name: of the function.
        seconds: the limit.
        waited: seconds, beside those of the limit, that it waited for a processor.
    """
    if waited:
        return (
            f"{name} had not answered after {seconds:g} s, and {waited:.0f} s more in which it "
            "waited for a processor: the machine was busy. Try again while it is not."
        )
    return (
        f"{name} had not answered after {seconds:g} s: is there a loop that does not end, or one "
        "over far too much?"
    )


def sentence_about_end(name: str, status: int | None) -> str:
    """Say that a call ended its process, with the exit status."""
    return f"{name} ended the process that it ran in (exit status {status})."


def sentence_about_no_answer(name: str, damage: object) -> str:
    """Say that the bytes that came back are no answer, and the reason."""
    return f"{name}: what came back is no answer: {damage}."
