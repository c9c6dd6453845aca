"""Errors of building an artefact."""

from __future__ import annotations

from dataclasses import dataclass

from recsys_edu.errors import RecsysError


@dataclass(frozen=True)
class CompilerMessage:
    """One message of a compiler, with the line that it is about, counted from 1."""

    file: str
    line: int
    message: str


class BuildError(RecsysError, RuntimeError):
    """An artefact that cannot be built; the message is one sentence.

    Attributes:
        text: everything that the compilers printed, up to a limit; it may quote the source.
        messages: those of the compilers' messages that name a line of the artefact's own files.
    """

    def __init__(
        self, message: str, *, text: str = "", messages: tuple[CompilerMessage, ...] = ()
    ) -> None:
        super().__init__(message)
        self.text = text
        self.messages = messages


class BuildToolsError(RecsysError, OSError):
    """A machine without what building needs; the message says what to install."""
