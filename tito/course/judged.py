"""Judging sessions of lessons: what each lesson's ABOUT.md allows to the code that it judges."""

from __future__ import annotations

from recsys_backends.plan import SAMPLERS
from tito.course.lessons import Lesson, LessonError
from tito.jail.limits import Limits
from tito.judging.remote import SECONDS_PER_CALL
from tito.judging.session import Session

_SAMPLERS = {sampler.__name__: sampler for sampler in SAMPLERS}


def session_of(
    lesson: Lesson,
    *,
    jailed: bool = False,
    limits: Limits | None = None,
    seconds: float = SECONDS_PER_CALL,
) -> Session:
    """Return the session in which a lesson's code is judged.

    Args:
        lesson: its folder and its ABOUT.md.
        jailed: run the code in a jail.
        limits: of the jail.
        seconds: time limit of one call.

    Raises:
        LessonError: its ABOUT.md cannot be read, or names a sampler that there is not.
    """
    about = lesson.about()
    unknown = [name for name in about.samplers if name not in _SAMPLERS]
    if unknown:
        raise LessonError(
            f"{lesson.folder / 'ABOUT.md'}: there is no sampler {unknown[0]!r}; "
            f"samplers: {', '.join(_SAMPLERS)}."
        )
    return Session(
        lesson.folder,
        may_import=about.may_import,
        compilers=about.compilers,
        jailed=jailed,
        limits=limits or Limits(),
        seconds=seconds,
        order=about.order,
        tiles=about.tiles,
        samplers=tuple(_SAMPLERS[name] for name in about.samplers),
    )
